import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { RequestClient } from '../../client/request-client.js';
import { closeInOrder, stopWorkers } from '../../core/closing.js';
import { waitUntilUsable, finishWithin } from '../../core/fail-fast.js';
import { warnOfPrefix } from '../../core/prefix-warning.js';
import { startWorkers } from '../../core/workers-start.js';
import type { Engine } from '../../core/engine.js';
import type { Log } from '../../telemetry/log.js';
import type { Servers } from '../../driver/shard.js';
import type { ReplyWorkers } from '../../worker/reply-workers.js';
import type { JobHandlerExplorer } from '../handlers/job-handler-explorer.js';
import type { InstanceWithWorkers } from './reqrep-workers.module.js';
import type { ResolvedModuleOptions } from './resolve-options.js';

interface LifecycleParts {
  readonly options: ResolvedModuleOptions;
  readonly explorer: JobHandlerExplorer;
  readonly client: RequestClient;
  readonly workers: ReplyWorkers;
  readonly servers: Servers;
  readonly engine: Engine;
  readonly log: Log;
  /** Closes all instances of the application. */
  readonly closeAll: () => Promise<void>;
}

/**
 * Starts and stops the parts of one instance in the right order. Handlers are found before any connection is opened. The client
 * is usable until all other modules have closed; in between, `WorkersLifecycle` starts and stops the workers.
 */
export class ReqRepLifecycle implements OnModuleInit, OnApplicationShutdown, InstanceWithWorkers {
  constructor(private readonly parts: LifecycleParts) {}

  async onModuleInit(): Promise<void> {
    const { explorer, log, options, workers } = this.parts;
    warnOfPrefix(options.prefix, log);
    const handlers = await explorer.explore();
    workers.serve(handlers);
    const reason = reasonNotServed(options.workers);
    if (reason !== undefined && handlers.length > 0) {
      const names = handlers.map(({ queue, name }) => `"${queue}" (${name})`);
      log.info(`Not serving ${names.join(', ')}${reason}`);
    }
    if (options.failFast > 0) {
      await this.failFast(options.failFast);
    }
  }

  async startWorkers(): Promise<void> {
    const { options, workers, servers } = this.parts;
    if (options.workers !== true) {
      return;
    }
    if (options.failFast > 0) {
      const what = 'has not confirmed the first lease of each worker';
      await finishWithin(options.failFast, workers.start(), servers, what);
    } else {
      await startWorkers(this.parts);
    }
  }

  stopWorkers(): Promise<void> {
    const { workers, log } = this.parts;
    return stopWorkers(workers, log);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  /** Closes everything, including workers that were started by hand after the stop. */
  close(): Promise<void> {
    return closeInOrder(this.parts);
  }

  /** Waits for Redis before any other module needs it. Closes all instances on failure, since the application may not do so. */
  private async failFast(ms: number): Promise<void> {
    try {
      await waitUntilUsable(ms, this.parts.servers);
    } catch (error) {
      await this.parts.closeAll();
      throw error;
    }
  }
}

/** Returns why the handlers are not served once the application has started; `undefined` where they are. */
function reasonNotServed(workers: boolean | 'manual'): string | undefined {
  switch (workers) {
    case false:
      return ': this process has `workers: false`';
    case 'manual':
      return " yet: with `workers: 'manual'`, ReplyWorkers.start() starts the workers";
    default:
      return undefined;
  }
}
