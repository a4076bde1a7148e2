import type {
  OnApplicationBootstrap,
  OnApplicationShutdown,
  OnModuleDestroy,
  OnModuleInit,
} from '@nestjs/common';
import type { RequestClient } from '../client/request-client.js';
import type { Log } from '../observability/log.js';
import type { Connections } from '../redis/connections.js';
import type { ReplyWorkers } from '../worker/reply-workers.js';
import type { JobHandlerExplorer } from './job-handler.explorer.js';

/**
 * When what starts and stops. Handlers are found before anything is opened. At the end the workers finish first;
 * the client stays usable until the HTTP server has answered its last request.
 */
export class ReqRepLifecycle
  implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown
{
  constructor(
    private readonly explorer: JobHandlerExplorer,
    private readonly client: RequestClient,
    private readonly workers: ReplyWorkers,
    private readonly connections: Connections,
    private readonly startsWorkers: boolean,
    private readonly log: Log,
  ) {}

  async onModuleInit(): Promise<void> {
    this.workers.serve(await this.explorer.explore());
  }

  /** Waits for the workers to be known, but not for a Redis that is away: the application starts without it. */
  async onApplicationBootstrap(): Promise<void> {
    if (!this.startsWorkers) {
      return;
    }
    const started = this.workers.start();
    await Promise.race([started, this.connections.lost()]);
    started.catch((error: Error) => this.log.error(`The workers did not start: ${error.message}`));
  }

  async onModuleDestroy(): Promise<void> {
    await this.workers.stop();
  }

  onApplicationShutdown(): void {
    this.client.close();
    this.connections.close();
  }
}
