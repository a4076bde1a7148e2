import { Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { ClientClosedError, OnJob, type JobContext } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

/** A worker whose jobs end when told to. */
function gate(queue: string, concurrency = 2) {
  const open: (() => void)[] = [];
  const jobs: JobContext[] = [];
  @Injectable()
  class Worker {
    @OnJob(queue, { concurrency })
    run(data: unknown, job: JobContext) {
      jobs.push(job);
      return new Promise((resolve) => open.push(() => resolve(data)));
    }
  }
  return { Worker, open, jobs };
}

it('waits for running jobs, takes no more, and flushes their replies', async () => {
  const queue = randomQueue();
  const { Worker, open, jobs } = gate(queue);
  const worker = await startApp({ connection: redis.url }, [Worker]);
  const { client } = await startApp({ connection: redis.url });
  const replies = [1, 2].map((data) => firstValueFrom(client.send(queue, data)));
  await waitFor(() => jobs.length === 2);
  const third = failureOf(client.send(queue, 3));
  await waitFor(async () => (await redis.look.llen(`${queue}requests`)) === 1);
  const closed = worker.app.close();
  open.forEach((finish) => finish());
  expect(await Promise.all(replies)).toEqual([1, 2]);
  await closed;
  expect(jobs).toHaveLength(2);
  expect(await redis.look.llen(`${queue}requests`)).toBe(1);
  expect(await redis.look.keys(`${queue}worker*`)).toEqual([]);
  await client.close();
  expect(await third).toBeInstanceOf(ClientClosedError);
});

it('returns what does not finish in time to the head of the queue, and aborts it', async () => {
  const queue = randomQueue();
  const { Worker, jobs, open } = gate(queue);
  const worker = await startApp({ connection: redis.url, shutdownTimeout: 100 }, [Worker]);
  const { client } = await startApp({ connection: redis.url });
  const replies = [1, 2, 3].map((data) => firstValueFrom(client.send(queue, data)));
  await waitFor(() => jobs.length === 2);
  const signals = jobs.map(({ signal }) => signal);
  await worker.app.close();
  expect(signals.every(({ aborted }) => aborted)).toBe(true);
  const waiting = await redis.look.lrange(`${queue}requests`, 0, -1);
  expect(waiting.map((element) => JSON.parse(element)[1])).toEqual([1, 2, 3]);
  expect(waiting.every((element) => element.startsWith('['))).toBe(true);
  // The old runs end after all; the jobs are no longer theirs.
  open.forEach((finish) => finish());
  const next = gate(queue, 3);
  await startApp({ connection: redis.url }, [next.Worker]);
  await waitFor(() => next.jobs.length === 3);
  expect(next.jobs.map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
  next.open.forEach((finish) => finish());
  expect(await Promise.all(replies)).toEqual([1, 2, 3]);
});

it('closing an idle worker takes no time and logs no error', async () => {
  const { Worker } = gate(randomQueue());
  const { app, log } = await startApp({ connection: redis.url }, [Worker]);
  const start = performance.now();
  await app.close();
  expect(performance.now() - start).toBeLessThan(2_000);
  expect(log.lines).toEqual([]);
  await app.close();
});

it('closing under load is quick, logs no error, and costs no caller elsewhere its reply', async () => {
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue)
    async run(data: unknown) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return data;
    }
  }
  const { client } = await startApp({ connection: redis.url });
  await startApp({ connection: redis.url }, [Worker]);
  const closing = await startApp({ connection: redis.url, shutdownTimeout: 1_000 }, [Worker]);
  let isOver = false;
  let answered = 0;
  const callers = Array.from({ length: 64 }, async () => {
    while (!isOver) {
      await firstValueFrom(client.send(queue, 'job'));
      answered++;
    }
  });
  await waitFor(() => answered > 500);
  const start = performance.now();
  await closing.app.close();
  expect(performance.now() - start).toBeLessThan(2_000);
  const atClose = answered;
  await waitFor(() => answered > atClose + 500);
  isOver = true;
  await Promise.all(callers);
  expect(closing.log.lines).toEqual([]);
  expect(client.droppedReplies).toBe(0);
});
