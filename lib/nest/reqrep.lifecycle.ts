import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { RequestClient } from '../client/request-client.js';
import { messageOf } from '../errors/error-text.js';
import type { Log } from '../observability/log.js';
import type { Driver } from '../driver/driver.js';
import type { ReplyWorkers } from '../worker/reply-workers.js';
import { usableWithin, within } from '../core/fail-fast.js';
import type { JobHandlerExplorer } from './job-handler.explorer.js';
import { prefixWarning } from '../core/prefix-warning.js';
import type { InstanceWithWorkers } from './reqrep-workers.module.js';
import type { ResolvedOptions } from './resolve-options.js';
import { startWorkers } from '../core/workers-start.js';

interface Parts {
  readonly options: ResolvedOptions;
  readonly explorer: JobHandlerExplorer;
  readonly client: RequestClient;
  readonly workers: ReplyWorkers;
  readonly connections: Driver;
  readonly log: Log;
  /** Closes what all instances of the application have opened. */
  readonly closeAll: () => Promise<void>;
}

/**
 * When what of one instance starts and stops. Handlers are found before anything is opened. The client is usable until all
 * other modules have closed; the workers are started and stopped in between, by `WorkersLifecycle`.
 */
export class ReqRepLifecycle implements OnModuleInit, OnApplicationShutdown, InstanceWithWorkers {
  constructor(private readonly parts: Parts) {}

  async onModuleInit(): Promise<void> {
    const { explorer, log, options, workers } = this.parts;
    const warning = prefixWarning(options.prefix);
    if (warning !== undefined) {
      log.warn(warning);
    }
    const handlers = await explorer.explore();
    workers.serve(handlers);
    const reason = idleReason(options.workers);
    if (reason !== undefined && handlers.length > 0) {
      const names = handlers.map(({ queue, name }) => `"${queue}" (${name})`);
      log.info(`Not serving ${names.join(', ')}${reason}`);
    }
    if (options.failFast > 0) {
      await this.failFast(options.failFast);
    }
  }

  async startWorkers(): Promise<void> {
    const { options, workers, connections } = this.parts;
    if (options.workers !== true) {
      return;
    }
    if (options.failFast > 0) {
      const what = 'it has not taken the first sign of life of each worker';
      await within(options.failFast, workers.start(), connections, what);
    } else {
      await startWorkers(this.parts);
    }
  }

  async stopWorkers(): Promise<void> {
    await this.attempt('The workers did not stop in order', () => this.parts.workers.stop());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  async close(): Promise<void> {
    const { client, connections, log } = this.parts;
    // They may have been started by hand meanwhile.
    await this.stopWorkers();
    await this.attempt('The client did not close in order', async () => {
      await client.close();
    });
    connections.close();
    log.close();
  }

  /** Before any other module needs Redis. Nobody can be relied on to close an application that has not started. */
  private async failFast(ms: number): Promise<void> {
    try {
      await usableWithin(ms, this.parts.connections);
    } catch (error) {
      await this.parts.closeAll();
      throw error;
    }
  }

  /** One step of the end that fails must not keep the next from being taken. */
  private async attempt(failure: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.parts.log.error(`${failure}: ${messageOf(error)}`);
    }
  }
}

/** Why the handlers of an instance are not served when the application has started; `undefined` = they are. */
function idleReason(workers: boolean | 'manual'): string | undefined {
  switch (workers) {
    case false:
      return ': this process has `workers: false`';
    case 'manual':
      return " yet: `workers: 'manual'` leaves that to ReplyWorkers.start()";
    default:
      return undefined;
  }
}
