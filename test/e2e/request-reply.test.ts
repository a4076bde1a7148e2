import { Injectable } from '@nestjs/common';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { OnJob, RequestClient, type JobContext } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { startProcess } from '../support/processes.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';

const redis = useRedis();

describe('request and reply', () => {
  it('within one application', async () => {
    const queue = randomQueue();
    @Injectable()
    class Worker {
      @OnJob(queue)
      double(data: { value: number }, job: JobContext) {
        return { value: data.value * 2, queue: job.queue, attempt: job.attempt };
      }
    }
    const app = await startApp({ connection: redis.url }, [Worker]);
    const reply = await lastValueFrom(
      app.get(RequestClient).send(queue, { value: 21 }).pipe(toArray()),
    );
    expect(reply).toEqual([{ value: 42, queue, attempt: 1 }]);
  });

  it('with a worker in another process', async () => {
    const queue = randomQueue();
    const worker = await startProcess('worker', { QUEUE: queue, REDIS_URL: redis.url });
    const app = await startApp({ connection: redis.url });
    expect(await firstValueFrom(app.get(RequestClient).send(queue, 'hello'))).toEqual({
      data: 'hello',
      pid: worker.pid,
    });
  });
});
