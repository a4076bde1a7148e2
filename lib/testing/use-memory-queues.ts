import type { DynamicModule } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { RequestClient } from '../client/request-client.js';
import type { Shards } from '../driver/shard.js';
import { ReqRepInstance } from '../nest/handlers/reqrep-instance.js';
import {
  ReqRepWorkersModule,
  WorkersLifecycle,
  type InstanceWithWorkers,
} from '../nest/module/reqrep-workers.module.js';
import type { ResolvedModuleOptions } from '../nest/module/resolve-options.js';
import { CLIENT, SHARDS, WORKERS } from '../nest/tokens.js';
import type { ReplyWorkers } from '../worker/reply-workers.js';
import type { InstanceUnderTest } from './instance-under-test.js';
import { MemoryQueues } from './memory-queues.js';

/** The methods of the `TestingModuleBuilder` of `@nestjs/testing` that {@link useMemoryQueues} calls. */
export interface TestingBuilder {
  /** Replaces a provider. */
  overrideProvider(token: unknown): {
    /** Sets the factory of the value. */
    useFactory(options: { factory: (...args: never[]) => unknown; inject: unknown[] }): unknown;
  };
  /** Replaces a module. */
  overrideModule(module: never): {
    /** Sets the module that replaces it. */
    useModule(module: DynamicModule): unknown;
  };
}

/**
 * Makes every instance of `ReqRepModule` in a module under test work without Redis, whatever `connection` its options name: the process
 * keeps the queues of each instance in memory. {@link MemoryQueues} shows them.
 *
 * @param builder - The result of `Test.createTestingModule`.
 * @returns The builder.
 * @example
 * ```ts
 * const module = await useMemoryQueues(Test.createTestingModule({ imports: [AppModule] })).compile();
 * await module.init();
 * const queues = module.get(MemoryQueues);
 * ```
 */
export function useMemoryQueues<Builder extends TestingBuilder>(builder: Builder): Builder {
  const queues = MemoryQueues.create();
  builder.overrideProvider(SHARDS).useFactory({
    inject: [ReqRepInstance, ModuleRef, WorkersLifecycle],
    factory: (
      { name, options }: ReqRepInstance<ResolvedModuleOptions>,
      module: ModuleRef,
      workersLifecycle: WorkersLifecycle,
    ): Shards => {
      const instance = queues.attach(name, {
        prefix: options.prefix,
        workersOption: options.workers,
        client: (): RequestClient => module.get(CLIENT),
        workers: (): ReplyWorkers => module.get(WORKERS),
      });
      workersLifecycle.add(faultsOf(instance));
      return instance.openShards();
    },
  });
  // This module exists once in an application, so `module.get(MemoryQueues)` finds the provider in it.
  builder.overrideModule(ReqRepWorkersModule as never).useModule({
    module: ReqRepWorkersModule,
    providers: [{ provide: MemoryQueues, useValue: queues }],
  });
  return builder;
}

/** Ends all faults before the application stops its workers or closes anything. */
const faultsOf = (instance: InstanceUnderTest): InstanceWithWorkers => ({
  startWorkers: async () => undefined,
  stopWorkers: async () => instance.endFaults(),
  close: async () => instance.endFaults(),
});
