/**
 * A worker of the fault suite: writes each run into the ledger and answers with its data, with values, or with an error
 * as odd as it is told. It serves several queues if `QUEUE` has commas.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JobContext, OnJob, ReqRepModule } from 'nestjs-reqrep';
import { interval, map, Observable, take } from 'rxjs';
import { streamsOf } from './asker.js';
import { record } from './ledger.js';
import { ODD_ERRORS } from './odd-errors.js';
import { ThrowingLog } from './throwing-log.js';

const { QUEUE = '', REDIS_URL = '', MS = '40', OPTIONS = '{}', LOG } = process.env;

export interface ChaosJob {
  readonly key: string;
  readonly filler: string;
  /** How long it takes at first, ms, and no time when it is run again; else a random time. */
  readonly ms?: number | undefined;
  /** Which of the odd errors it ends with. */
  readonly odd?: number | undefined;
}

export interface StreamJob {
  readonly key: string;
  readonly count: number;
  /** Between two values. */
  readonly ms: number;
  /** As an Observable whose teardown throws when it is left before its end; else as an AsyncIterable. */
  readonly isObservable?: boolean;
}

@Injectable()
class Worker {
  /** Throws every other odd error at once, and the others later. */
  run(data: ChaosJob, job: JobContext): Promise<ChaosJob> {
    record({ event: 'run', key: data.key, attempt: job.attempt });
    if (data.odd !== undefined && data.filler.length % 2 === 0) {
      throw ODD_ERRORS[data.odd % ODD_ERRORS.length]?.();
    }
    return this.later(data, job);
  }

  stream(data: StreamJob, job: JobContext): AsyncIterable<unknown> | Observable<unknown> {
    record({ event: 'run', key: data.key, attempt: job.attempt });
    return data.isObservable ? this.observable(data) : this.iterable(data, job);
  }

  private async later(data: ChaosJob, { attempt }: JobContext): Promise<ChaosJob> {
    const { ms = Math.random() * Number(MS) } = data;
    await delay(attempt === 1 ? ms : 0);
    if (data.odd !== undefined) {
      throw ODD_ERRORS[data.odd % ODD_ERRORS.length]?.();
    }
    return data;
  }

  private async *iterable({ key, count, ms }: StreamJob, job: JobContext): AsyncIterable<unknown> {
    for (let value = 0; value < count && !job.signal.aborted; value++) {
      await delay(ms);
      yield { key, value };
    }
  }

  private observable({ key, count, ms }: StreamJob): Observable<unknown> {
    return new Observable((subscriber) => {
      let isOver = false;
      const values = interval(ms).pipe(
        take(count),
        map((value) => ({ key, value })),
      );
      const source = values.subscribe({
        next: (value) => subscriber.next(value),
        complete: () => {
          isOver = true;
          subscriber.complete();
        },
      });
      return () => {
        source.unsubscribe();
        if (!isOver) {
          throw new Error('The teardown fails');
        }
      };
    });
  }
}

for (const queue of QUEUE.split(',')) {
  serve(queue, 'run');
  serve(streamsOf(queue), 'stream');
}

function serve(queue: string, method: 'run' | 'stream'): void {
  const descriptor = Object.getOwnPropertyDescriptor(Worker.prototype, method);
  OnJob(queue, { concurrency: 8 })(Worker.prototype, method, descriptor ?? {});
}

@Module({
  imports: [ReqRepModule.forRoot({ ...JSON.parse(OPTIONS), connection: connectionOf(REDIS_URL) })],
  providers: [Worker],
})
class WorkerModule {}

const app = await NestFactory.createApplicationContext(WorkerModule, {
  logger: LOG === 'throwing' ? new ThrowingLog() : LOG === 'none' ? false : ['error'],
});
app.enableShutdownHooks();
process.on('disconnect', () => process.exit());
process.send?.('ready');

/** A URL, or options of ioredis as JSON. */
function connectionOf(text: string): string | object {
  return text.startsWith('{') ? (JSON.parse(text) as object) : text;
}
