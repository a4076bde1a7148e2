import { Module, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { placeHooks } from './hook-order.js';
import { nestLog } from '../nest-log.js';
import { DEFAULT_INSTANCE } from '../tokens.js';

/** The part of an instance of `ReqRepModule` that starts and stops its workers. */
export interface InstanceWithWorkers {
  /** Rejects where the workers can never start. */
  startWorkers(): Promise<void>;
  stopWorkers(): Promise<void>;
  /** Closes the workers, the client and the connections of the instance. */
  close(): Promise<void>;
}

/**
 * Starts the workers of all instances after every other module has started, and stops them before any other module begins to
 * close, since jobs use what other modules have opened.
 */
export class WorkersLifecycle implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly instances: InstanceWithWorkers[] = [];
  private isClosing = false;

  add(instance: InstanceWithWorkers): void {
    this.instances.push(instance);
  }

  async onApplicationBootstrap(): Promise<void> {
    // A signal, for example, may close an application while it starts.
    if (this.isClosing) {
      return;
    }
    const starts = await Promise.allSettled(
      this.instances.map((instance) => instance.startWorkers()),
    );
    const failed = starts.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') {
      // Applications may not close an application that failed to start; in Nest 11 they cannot.
      await this.closeAll();
      throw failed.reason;
    }
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.instances.map((instance) => instance.close()));
  }

  async onModuleDestroy(): Promise<void> {
    this.isClosing = true;
    await Promise.all(this.instances.map((instance) => instance.stopWorkers()));
  }
}

/** Holds the lifecycle of the workers. A module of its own, since Nest orders hooks by module: the client closes last of all. */
@Module({
  imports: [DiscoveryModule],
  providers: [
    {
      provide: WorkersLifecycle,
      inject: [DiscoveryService],
      useFactory: (discovery: DiscoveryService) => {
        if (!placeHooks(discovery, WorkersLifecycle, 'innermost')) {
          nestLog(DEFAULT_INSTANCE).warn(
            'Workers may start before other modules have started, and stop after them, ' +
              'because the order of hooks cannot be set in this version of Nest',
          );
        }
        return new WorkersLifecycle();
      },
    },
  ],
  exports: [WorkersLifecycle],
})
export class ReqRepWorkersModule {}
