import type { DiscoveryService, ModulesContainer } from '@nestjs/core';
import { jobHandlerOf } from '../../core/job-handler.js';
import { SERVE_RULES } from '../../core/serve-options.js';
import { messageOf } from '../../errors/error-text.js';
import type { Log } from '../../telemetry/log.js';
import { DuplicateJobHandlerError, InvalidOptionError } from '../../errors/index.js';
import {
  aName,
  checkOptions,
  expectedBy,
  oneOf,
  type OptionRules,
} from '../../options/option-rules.js';
import { describeValue } from '../../errors/value-text.js';
import type { JobHandler } from '../../worker/worker-options.js';
import type { HandlerBinder } from './handler-binder.js';
import type { HandlerMethod, ProviderWrapper } from '../pipeline/handler-method.js';
import { decoratedMethodsOf, type DecoratedMethod } from './decorated-methods.js';
import { nameOfRoute } from './job-routes.js';
import type { OnJobOptions } from './on-job.decorator.js';
import { canSee, importersOf, isModuleOf } from './instance-visibility.js';
import { ReqRepInstance } from './reqrep-instance.js';
import { DEFAULT_INSTANCE } from '../tokens.js';

const RULES: OptionRules<OnJobOptions> = {
  ...SERVE_RULES,
  instance: aName,
  parameters: oneOf('decorated'),
};

/** One `@OnJob` on one method of one object. */
interface FoundHandler extends DecoratedMethod, HandlerMethod {
  /** `Class#method`. */
  readonly name: string;
}

/** Finds and checks the handlers of one instance among all providers and controllers. */
export class JobHandlerExplorer {
  constructor(
    private readonly instance: ReqRepInstance,
    private readonly discovery: DiscoveryService,
    private readonly modules: ModulesContainer,
    private readonly binder: HandlerBinder,
    private readonly log: Log,
  ) {}

  /** @throws InvalidOptionError, DuplicateJobHandlerError */
  async explore(): Promise<JobHandler[]> {
    const found = this.findAll();
    const instances = this.instanceNames();
    const byQueue = new Map<string, FoundHandler>();
    const unseen: FoundHandler[] = [];
    for (const handler of found) {
      check(handler, instances);
      if ((handler.options.instance ?? DEFAULT_INSTANCE) !== this.instance.name) {
        continue;
      }
      if (!this.isVisible(handler)) {
        unseen.push(handler);
        continue;
      }
      const other = byQueue.get(handler.queue);
      if (other) {
        throw new DuplicateJobHandlerError(handler.queue, [
          nameWithModule(other),
          nameWithModule(handler),
        ]);
      }
      byQueue.set(handler.queue, handler);
    }
    this.warnOfInvisible(unseen);
    return Promise.all([...byQueue.values()].map((handler) => this.bind(handler)));
  }

  /** Whether the module of a handler can inject the instance. */
  private isVisible({ wrapper: { host } }: FoundHandler): boolean {
    const { settings } = this.instance;
    const own = this.instances().find(({ instance }) => instance === this.instance)?.host;
    return settings.isGlobal || !host || !own || canSee(host, own);
  }

  private warnOfInvisible(unseen: readonly FoundHandler[]): void {
    if (unseen.length > 0) {
      const handlers = unseen.map((handler) => `"${handler.queue}" (${nameWithModule(handler)})`);
      this.log.warn(
        `Not serving ${handlers.join(', ')}: the instance "${this.instance.name}" of ReqRepModule has \`isGlobal: false\` and ` +
          'is not imported there. Import a module there that exports ReqRepModule, or remove `isGlobal: false`',
      );
    }
  }

  private instances(): ProviderWrapper[] {
    return this.discovery.getProviders().filter(({ token }) => token === ReqRepInstance);
  }

  private findAll(): FoundHandler[] {
    const wrappers = [...this.discovery.getProviders(), ...this.discovery.getControllers()];
    const seen = new Set<unknown>();
    return wrappers.filter(isOriginal).flatMap((wrapper) => {
      const { instance } = wrapper;
      // A factory may return an object that is a provider already.
      if (seen.has(instance)) {
        return [];
      }
      seen.add(instance);
      return this.findSafely(wrapper);
    });
  }

  /** Finds the handlers of one provider. A provider that throws when it is read, such as a proxy, must not hide the others. */
  private findSafely(wrapper: ProviderWrapper): FoundHandler[] {
    try {
      return this.findIn(wrapper);
    } catch (error) {
      this.log.warn(
        `The provider ${String(wrapper.name)} in ${wrapper.host?.name} was not searched for @OnJob, because it throws when ` +
          `its prototype is read: ${messageOf(error)}`,
      );
      return [];
    }
  }

  private findIn(wrapper: ProviderWrapper): FoundHandler[] {
    const prototype = prototypeOf(wrapper);
    if (!prototype) {
      return [];
    }
    return decoratedMethodsOf(prototype).map((decorated) => {
      const { constructor } = prototype;
      const name = `${constructor.name}#${decorated.method}`;
      return { ...decorated, wrapper, classRef: constructor, name };
    });
  }

  /** Returns the names of all instances of the module in this application. @throws InvalidOptionError for a duplicate name */
  private instanceNames(): string[] {
    const settings = this.instances().map(({ instance }) => (instance as ReqRepInstance).settings);
    const names = settings.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) {
      const importers = settings
        .filter(({ name }) => name === twice)
        .flatMap((each) => importersOf(this.modules.values(), isModuleOf(each)));
      throw new InvalidOptionError(
        'name of ReqRepModule',
        'unique in the application',
        `two instances named "${twice}"${importers.length > 0 ? `, in ${importers.join(' and ')}` : ''} (one \`forRoot()\` in ` +
          'the AppModule is enough for all modules; for a second instance, set its `name`)',
      );
    }
    return names;
  }

  private async bind(handler: FoundHandler): Promise<JobHandler> {
    return jobHandlerOf(
      { ...handler, handle: await this.binder.bind(handler) },
      this.instance.options,
    );
  }
}

/** Names a handler with its module, since one class may be a provider of several modules. */
const nameWithModule = ({ name, wrapper }: FoundHandler): string =>
  `${name} in ${wrapper.host?.name}`;

/** Whether a provider is not an alias (`useExisting`), which only repeats the object of another provider. */
const isOriginal = ({ isAlias }: ProviderWrapper): boolean => !isAlias;

/** Returns the prototype of a provider, or that of its class if it is scoped; unknown for a scoped factory. */
function prototypeOf({ instance, metatype, isNotMetatype }: ProviderWrapper): object | undefined {
  const prototype: unknown =
    typeof instance === 'object' && instance !== null
      ? Object.getPrototypeOf(instance)
      : !isNotMetatype && metatype?.prototype;
  return typeof prototype === 'object' && prototype !== null ? prototype : undefined;
}

function check({ queue, options, name }: FoundHandler, instances: readonly string[]): void {
  const where = `${nameOfRoute(queue)} of ${name}`;
  if (!aName.accepts(queue)) {
    const more = Array.isArray(queue) ? ' (write one @OnJob for each queue)' : '';
    const received = `${describeValue(queue)}${more}`;
    throw new InvalidOptionError(`the queue in ${where}`, expectedBy(aName, queue), received);
  }
  checkOptions(options, RULES, where);
  const instance = options.instance ?? DEFAULT_INSTANCE;
  if (!instances.includes(instance)) {
    throw new InvalidOptionError(
      `instance in ${where}`,
      `the name of an instance of ReqRepModule (known: ${instances.join(', ')})`,
      `"${instance}"`,
    );
  }
}
