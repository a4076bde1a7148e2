import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Subject } from 'rxjs';
import { onWorkerNews } from './parent.js';
import type { SampleWorker } from './sample-worker.js';
import type { WorkerStatus } from './worker-status.js';
import { PictureRecord } from './picture-record.js';

/** The worker of a sample without Redis: it runs in the process of its callers, since only this process has the queues in memory. */
export class InProcessWorker implements SampleWorker {
  readonly number = 1;
  readonly pid = process.pid;
  readonly changed = new Subject<void>();
  private app: INestApplicationContext | undefined;
  private readonly record = new PictureRecord();

  constructor(private readonly url: string) {}

  get status(): WorkerStatus {
    const { number, pid } = this;
    const { pictures, done } = this.record;
    return { number, pid, state: 'running', canBeKilled: false, pictures, done };
  }

  toString(): string {
    return `worker ${this.number} (pid ${this.pid})`;
  }

  async ready(): Promise<void> {
    onWorkerNews((news) => {
      this.record.record(news);
      this.changed.next();
    });
    // The module of a worker reads these variables when it is loaded, as in a process of its own.
    Object.assign(process.env, { REDIS_URL: this.url, WORKER_NUMBER: String(this.number) });
    const { WorkerModule } = await import('./worker.module.js');
    this.app = await NestFactory.createApplicationContext(WorkerModule, {
      logger: ['error', 'warn'],
    });
  }

  kill(): boolean {
    return false;
  }

  async stop(): Promise<void> {
    await this.app?.close();
  }
}
