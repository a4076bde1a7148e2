import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Subject } from 'rxjs';
import { hearWorkers } from './parent.js';
import type { SampleWorker } from './sample-worker.js';
import type { WorkerNews, WorkerStatus } from './worker-status.js';

/** The worker of a sample without Redis: it shares this process with whoever asks it, since what is in memory is here. */
export class InProcessWorker implements SampleWorker {
  readonly number = 1;
  readonly pid = process.pid;
  readonly changed = new Subject<void>();
  private app: INestApplicationContext | undefined;
  private pictures: readonly string[] = [];
  private done = 0;

  constructor(private readonly url: string) {}

  get status(): WorkerStatus {
    const { number, pid, pictures, done } = this;
    return { number, pid, state: 'running', canBeKilled: false, pictures, done };
  }

  toString(): string {
    return `worker ${this.number} (pid ${this.pid})`;
  }

  async ready(): Promise<void> {
    hearWorkers((news) => this.hear(news));
    // The module of a worker reads these when it is loaded, as in a process of its own.
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

  private hear({ picture, event }: WorkerNews): void {
    if (event === 'began') {
      this.pictures = [...this.pictures, picture];
    } else {
      this.pictures = this.pictures.toSpliced(this.pictures.indexOf(picture), 1);
      this.done += event === 'ended' ? 1 : 0;
    }
    this.changed.next();
  }
}
