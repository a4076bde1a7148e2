import type { ChildProcess } from 'node:child_process';
import { Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { OnJob, WorkerLostError, type JobContext } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { hasEnded, startProcess } from '../support/processes.js';
import { randomQueue } from '../support/random-queue.js';
import { itOnRedis, useRedisOrCluster } from '../support/redis-or-cluster.js';
import { waitFor } from '../support/wait-for.js';
import { lettersOf } from '../support/dead-letters.js';

const server = useRedisOrCluster();
const quick = { lease: 300, stallLimit: 60_000 };

interface Echo {
  readonly data: unknown;
  readonly pid: number;
  readonly attempt: number;
}

const startWorker = (queue: string, env: Readonly<Record<string, string>> = {}) =>
  startProcess('worker', {
    QUEUE: queue,
    REDIS_URL: server.url,
    OPTIONS: JSON.stringify(quick),
    ...env,
  });

/** Whether that many jobs lie in slots; those that have left their places do not count. */
async function areActive(queue: string, count: number): Promise<boolean> {
  const slots = await server.look.keys(`${queue}active:*`);
  const jobs = await Promise.all(slots.map((slot) => server.look.lrange(slot, 0, -1)));
  return jobs.flat().filter(Boolean).length === count;
}

/** Kills a process in the middle of its work. */
async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await waitFor(() => hasEnded(child));
}

it('the jobs of a killed worker run in another one, in their order and before all others', async () => {
  const queue = randomQueue();
  const lost = await startWorker(queue, { MS: '60000', CONCURRENCY: '3' });
  const { client } = await startApp({ connection: server.url });
  const replies = [1, 2, 3, 4].map((data) => firstValueFrom(client.send<Echo>(queue, data)));
  await waitFor(() => areActive(queue, 3));
  await kill(lost);
  const order: unknown[] = [];
  @Injectable()
  class Worker {
    @OnJob(queue, { concurrency: 1 })
    run(data: unknown, job: JobContext) {
      order.push(data);
      return { attempt: job.attempt };
    }
  }
  const { log } = await startApp({ connection: server.url, ...quick }, [Worker]);
  const attempts = (await Promise.all(replies)).map(({ attempt }) => attempt);
  expect(attempts).toEqual([2, 2, 2, 1]);
  expect(order.filter((data) => data !== 4)).toEqual([1, 2, 3]);
  expect(log.text).toContain(`process ${lost.pid}`);
  expect(log.text).toContain('3 jobs given back to the queue, 0 moved to its dead letters');
  await waitFor(async () => (await server.look.zcard(`${queue}workers`)) === 1);
  expect(await server.look.keys(`${queue}worker:*`)).toHaveLength(1);
});

it('a job that kills its workers becomes a dead letter, its caller gets an error, and other jobs run', async () => {
  const queue = randomQueue();
  const workers: Promise<ChildProcess>[] = [];
  for (let i = 0; i < 4; i++) {
    workers.push(startWorker(queue, { CONCURRENCY: '1' }));
  }
  await Promise.all(workers);
  const { client } = await startApp({ connection: server.url });
  const error = await failureOf(client.send(queue, 'poison'));
  expect(error).toBeInstanceOf(WorkerLostError);
  expect(error).toMatchObject({ code: 'WORKER_LOST', queue, deliveries: 3 });
  expect(await lettersOf(server.look, queue)).toMatchObject([
    {
      reason: 'out of deliveries',
      message: (error as Error).message,
      attempts: 3,
      job: expect.stringMatching(/^ {2}\[.*"poison"/),
    },
  ]);
  expect(await firstValueFrom(client.send(queue, 'fine'))).toMatchObject({ data: 'fine' });
});

it('a job with `maxDeliveries: 1` runs once at most', async () => {
  const queue = randomQueue();
  await Promise.all([startWorker(queue), startWorker(queue)]);
  const { client } = await startApp({ connection: server.url });
  const error = await failureOf(client.send(queue, 'poison', { maxDeliveries: 1 }));
  expect(error).toMatchObject({ code: 'WORKER_LOST', deliveries: 1 });
});

it('a worker whose event loop is blocked keeps its jobs', async () => {
  const queue = randomQueue();
  await Promise.all([startWorker(queue), startWorker(queue)]);
  const { client } = await startApp({ connection: server.url });
  const reply = await firstValueFrom(client.send<Echo>(queue, 'block 2000'));
  expect(reply.attempt).toBe(1);
  expect(client.droppedReplies).toBe(0);
});

it('the jobs of a worker that hangs for longer than `stallLimit` are recovered, and its late reply is discarded', async () => {
  const queue = randomQueue();
  const OPTIONS = JSON.stringify({ lease: 300, stallLimit: 1_000 });
  const stalled = await startWorker(queue, { OPTIONS, MS: '100' });
  const { client } = await startApp({ connection: server.url });
  const reply = firstValueFrom(client.send<Echo>(queue, 'job'));
  await waitFor(() => areActive(queue, 1));
  stalled.kill('SIGSTOP');
  const other = await startWorker(queue, { OPTIONS });
  expect(await reply).toMatchObject({ pid: other.pid, attempt: 2 });
  // Its blocking call is cut off, so that nothing more goes into its slots.
  const more = await Promise.all(
    Array.from({ length: 20 }, (_, i) => firstValueFrom(client.send<Echo>(queue, i))),
  );
  expect(new Set(more.map(({ pid }) => pid))).toEqual(new Set([other.pid]));
  stalled.kill('SIGCONT');
  await waitFor(() => areActive(queue, 0));
  await kill(other);
  expect(await firstValueFrom(client.send<Echo>(queue, 'again'))).toMatchObject({
    pid: stalled.pid,
  });
  expect(client.droppedReplies).toBe(0);
});

itOnRedis(
  'jobs are recovered after `stallLimit` where Redis refuses CLIENT LIST, which is logged once',
  async () => {
    const queue = randomQueue();
    await server.redis.look.call(
      'ACL',
      ...'SETUSER plain on nopass allkeys allchannels +@all'.split(' '),
      // What it may do is listed: Redis 6.2 takes no subcommand away.
      ...'-client +client|setname +client|unblock'.split(' '),
    );
    const connection = server.url.replace('redis://', 'redis://plain:x@');
    const OPTIONS = JSON.stringify({ lease: 200, stallLimit: 1_500 });
    const lost = await startWorker(queue, { REDIS_URL: connection, OPTIONS, MS: '60000' });
    const { client } = await startApp({ connection: server.url });
    const reply = firstValueFrom(client.send<Echo>(queue, 'job'));
    await waitFor(() => areActive(queue, 1));
    const start = performance.now();
    await kill(lost);
    @Injectable()
    class Worker {
      @OnJob(queue)
      run() {
        return 'taken over';
      }
    }
    const { log } = await startApp({ connection, lease: 200, stallLimit: 1_500 }, [Worker]);
    expect(await reply).toBe('taken over');
    expect(performance.now() - start).toBeGreaterThan(1_000);
    expect(log.linesOfWork.filter((line) => line.includes('stallLimit'))).toHaveLength(1);
  },
);

it('the expired jobs of a queue that nobody serves are removed', async () => {
  const queue = randomQueue();
  const { client } = await startApp({ connection: server.url });
  let ended = 0;
  for (let i = 0; i < 50_000; i++) {
    client.send(queue, i, { timeout: 2_000 }).subscribe({ error: () => ended++ });
  }
  await waitFor(() => ended === 50_000);
  await waitFor(async () => (await server.look.exists(`${queue}requests`)) === 0);
});
