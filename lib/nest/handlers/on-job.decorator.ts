import { InvalidOptionError } from '../../errors/index.js';
import type { KnownQueue } from '../../client/calls/job-map.js';
import type { ServeOptions } from '../../core/serve-options.js';
import { checkParentheses, placeOfDecorator } from '../pipeline/decorator-place.js';
import { checkDecorated, defineJobParameters } from '../pipeline/job-parameters.js';
import type { HandlerParameters, JobMethod, TakesDataOf } from './job-method.js';
import { addJobRoute, nameOfRoute } from './job-routes.js';

/** Options of one `@OnJob`. */
export interface OnJobOptions extends ServeOptions {
  /** The `name` of the instance of `ReqRepModule` that serves the queue. @default the instance without a name */
  readonly instance?: string | undefined;
  /**
   * `'decorated'` = each parameter has a decorator, such as `@JobData('id')` or `@JobCtx()`. The compiler cannot see decorators of
   * parameters: for a queue of the {@link JobMap}, it expects a method that takes `(data, job)` unless the option is set.
   * @default undefined
   */
  readonly parameters?: HandlerParameters;
}

/**
 * Makes a method of a provider or a controller the handler of a queue. The library finds the method when the application starts.
 *
 * The method returns the reply: a value, a promise of a value, or a stream, which is an Observable, an AsyncIterable or an iterator. The
 * compiler checks the method where the queue is in the {@link JobMap}. A method can have several of the decorators.
 *
 * Each job calls the method that the object has at that moment: a test or another decorator can replace the method.
 *
 * @param queue - The name that callers pass to `RequestClient.send`.
 * @param options - Options of the handler.
 * @throws {@link InvalidOptionError} anywhere but on an instance method, without parentheses, and where the compiler makes standard
 *   decorators, which Nest does not support.
 * @example
 * ```ts
 * @OnJob('reports', { concurrency: 8 })
 * async render(data: { id: string }, job: JobContext): Promise<Report> {}
 * ```
 */
export function OnJob<const Queue extends string, Kind extends HandlerParameters = undefined>(
  queue: Queue & KnownQueue<Queue>,
  options: OnJobOptions & { readonly parameters?: Kind } = {},
) {
  checkParentheses('@OnJob', [...arguments], "@OnJob('reports')");
  return <Method extends JobMethod<Queue>>(
    target: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<Method> & TakesDataOf<Queue, Method, Kind>,
  ): void => {
    const place = placeOfDecorator(nameOfRoute(queue), [target, name, descriptor]);
    const decorated = descriptor?.value;
    if (place.kind !== 'method' || !decorated || typeof name === 'symbol') {
      const hint =
        place.kind === 'field' ? ` (write it as a method: \`${String(name)}(data, job) {}\`)` : '';
      throw new InvalidOptionError(
        nameOfRoute(queue),
        'on an instance method',
        `${place.text}${hint}`,
      );
    }
    if (options.parameters === 'decorated') {
      checkDecorated(nameOfRoute(queue), decorated, target.constructor, name);
    }
    addJobRoute(target, name, { queue, options, decorated });
    defineJobParameters(target.constructor, name);
  };
}
