import { InvalidOptionError } from '../../errors/index.js';
import type { KnownQueue } from '../../client/calls/job-map.js';
import type { ServeOptions } from '../../core/serve-options.js';
import { checkParentheses, placeOfDecorator } from '../pipeline/decorator-place.js';
import { checkDecorated, defineJobParameters } from '../pipeline/job-parameters.js';
import type { HandlerParameters, JobMethod, TakesDataOf } from './job-method.js';
import { addJobRoute, nameOfRoute } from './job-routes.js';

/** Options of one `@OnJob`. */
export interface OnJobOptions extends ServeOptions {
  /** The named instance of `ReqRepModule` whose queue it is. */
  readonly instance?: string | undefined;
  /**
   * `'decorated'`: each parameter has a decorator, such as `@JobData('id')` or `@JobCtx()`. The compiler cannot see these, and
   * needs it for a queue of the `JobMap` whose method takes anything but `(data, job)`.
   * @default undefined - the compiler expects `(data, job)`; without decorators the method gets these
   */
  readonly parameters?: HandlerParameters;
}

/**
 * Makes a method of a provider or a controller answer the jobs of a queue. It is found when the application
 * starts; what it returns, or what its promise resolves to, is the reply, and an Observable or an AsyncIterable sends
 * each of its values. It may stand on a method more than once. The compiler checks a method whose queue stands in the
 * `JobMap`. The method is called as the object has it at that moment: what a test or a decorator puts in its place is called.
 *
 * @param queue - the name that callers hand to `RequestClient.send`.
 * @throws InvalidOptionError on anything but a method of the objects of a class, without its brackets, and where the compiler
 *   makes standard decorators, which Nest does not know.
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
