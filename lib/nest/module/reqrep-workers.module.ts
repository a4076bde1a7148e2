import { Module, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { placeHooks } from './hook-order.js';
import { nestLog } from '../nest-log.js';
import { DEFAULT_INSTANCE } from '../tokens.js';

/** One instance of `ReqRepModule`, as far as its workers are concerned. */
export interface InstanceWithWorkers {
  /** Rejects where they can never start. */
  startWorkers(): Promise<void>;
  stopWorkers(): Promise<void>;
  /** Closes everything that the instance has opened. */
  close(): Promise<void>;
}

/**
 * Starts the workers of all instances of an application when every other module is up, and stops them before any other
 * module begins to close: a job needs what these have opened.
 */
export class WorkersLifecycle implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly instances: InstanceWithWorkers[] = [];
  private isClosing = false;

  add(instance: InstanceWithWorkers): void {
    this.instances.push(instance);
  }

  async onApplicationBootstrap(): Promise<void> {
    // An application may be closed while it starts, such as by a signal.
    if (this.isClosing) {
      return;
    }
    const starts = await Promise.allSettled(
      this.instances.map((instance) => instance.startWorkers()),
    );
    const failed = starts.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') {
      // Nobody can be relied on to close an application that has not started; in Nest 11 nobody can.
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

/** A module of its own, since hooks are ordered by modules: that of the client closes last of all. */
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
