import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { DuplicateJobHandlerError, InvalidOptionError } from '../errors/index.js';
import {
  aDuration,
  aName,
  anInteger,
  checkOptions,
  describeValue,
  type OptionRules,
} from '../errors/option-rules.js';
import type { JobHandler } from '../worker/worker-options.js';
import { getJobRoutes, type JobRoute } from './on-job.accessor.js';
import type { OnJobOptions } from './on-job.decorator.js';
import { ReqRepInstance } from './reqrep-instance.js';
import { DEFAULT_INSTANCE } from './tokens.js';

const RULES: OptionRules<OnJobOptions> = {
  concurrency: anInteger(1),
  maxDeliveries: anInteger(1),
  timeout: aDuration(0),
  instance: aName,
};

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** One `@OnJob` on one method of one object. */
interface FoundHandler extends JobRoute {
  readonly wrapper: Wrapper;
  readonly target: Readonly<Record<string, unknown>>;
  readonly method: string;
  /** `Class#method`. */
  readonly name: string;
}

/** Finds the handlers of one instance among all providers and controllers, and everything that is wrong with them. */
export class JobHandlerExplorer {
  constructor(
    private readonly instance: ReqRepInstance,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /** @throws InvalidOptionError, DuplicateJobHandlerError */
  explore(): JobHandler[] {
    const found = this.findAll();
    const instances = this.instanceNames();
    const byQueue = new Map<string, FoundHandler>();
    for (const handler of found) {
      check(handler, instances);
      if ((handler.options.instance ?? DEFAULT_INSTANCE) !== this.instance.name) {
        continue;
      }
      const other = byQueue.get(handler.queue);
      if (other) {
        throw new DuplicateJobHandlerError(handler.queue, [other.name, handler.name]);
      }
      byQueue.set(handler.queue, handler);
    }
    return [...byQueue.values()].map((handler) => this.bind(handler));
  }

  private findAll(): FoundHandler[] {
    return [...this.discovery.getProviders(), ...this.discovery.getControllers()].flatMap(
      (wrapper) => this.findIn(wrapper),
    );
  }

  private findIn(wrapper: Wrapper): FoundHandler[] {
    const target: unknown = wrapper.instance;
    // An alias shows the object of another provider once more.
    if (wrapper.isAlias || typeof target !== 'object' || target === null) {
      return [];
    }
    const prototype: unknown = Object.getPrototypeOf(target);
    if (typeof prototype !== 'object' || prototype === null) {
      return [];
    }
    const methods = target as Readonly<Record<string, unknown>>;
    return this.scanner.getAllMethodNames(prototype).flatMap((method) =>
      getJobRoutes(methods[method]).map((route) => ({
        ...route,
        wrapper,
        target: methods,
        method,
        name: `${prototype.constructor.name}#${method}`,
      })),
    );
  }

  /** The names of all instances of the module in this application. */
  private instanceNames(): string[] {
    const names = this.discovery
      .getProviders()
      .map(({ instance }): unknown => instance)
      .filter((instance) => instance instanceof ReqRepInstance)
      .map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) {
      throw new InvalidOptionError(
        'name of ReqRepModule',
        'used by one instance only',
        `two instances named "${twice}"`,
      );
    }
    return names;
  }

  private bind({ queue, options, target, method, name }: FoundHandler): JobHandler {
    const { concurrency, maxDeliveries } = this.instance.options;
    const handle = target[method] as (...args: unknown[]) => unknown;
    return {
      queue,
      name,
      concurrency: options.concurrency ?? concurrency,
      maxDeliveries: options.maxDeliveries ?? maxDeliveries,
      timeout: options.timeout ?? 0,
      handle: (data, context) => handle.call(target, data, context),
    };
  }
}

function check(
  { queue, options, name, wrapper }: FoundHandler,
  instances: readonly string[],
): void {
  const place = `@OnJob(${JSON.stringify(queue)}) of ${name}`;
  if (!aName.accepts(queue)) {
    throw new InvalidOptionError(`the queue in ${place}`, aName.expected, describeValue(queue));
  }
  checkOptions(options, RULES, place);
  const instance = options.instance ?? DEFAULT_INSTANCE;
  if (!instances.includes(instance)) {
    throw new InvalidOptionError(
      `instance in ${place}`,
      `the name of an instance of ReqRepModule (there is ${instances.join(', ')})`,
      `"${instance}"`,
    );
  }
  if (wrapper.isTransient || !wrapper.isDependencyTreeStatic()) {
    throw new InvalidOptionError(
      `the provider in ${place}`,
      'a singleton: this version calls no request-scoped or transient handlers',
      'one with another scope',
    );
  }
}
