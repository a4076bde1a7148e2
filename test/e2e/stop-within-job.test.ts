import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type INestApplicationContext } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { OnJob, ReplyWorkers, type JobContext } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';
import { countDead } from '../support/dead-letters.js';

const server = useServer();

/** A worker whose job does something to the application that runs it. */
async function startWorker(
  queue: string,
  run: (app: INestApplicationContext, job: JobContext) => unknown,
) {
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(_data: unknown, job: JobContext) {
      return run(started.app, job);
    }
  }
  const started = await startApp({ connection: server.url, lease: 300 }, [Worker]);
  return started;
}

it('a handler can await a stop of its own workers, and its reply arrives', async () => {
  const queue = randomQueue();
  let took = 0;
  const { app } = await startWorker(queue, async (own, job) => {
    const start = performance.now();
    await own.get(ReplyWorkers).stop();
    took = performance.now() - start;
    return `stopped in delivery ${job.attempt}`;
  });
  const { client } = await startApp({ connection: server.url, workers: false });
  expect(await firstValueFrom(client.send(queue))).toBe('stopped in delivery 1');
  expect(took).toBeLessThan(3_000);
  expect(app.get(ReplyWorkers).status.state).toBe('stopped');
  await waitFor(async () => (await server.look.keys(`${queue}*`)).length === 1);
  expect(await server.look.hgetall(`${queue}totals`)).toMatchObject({ done: '1' });
});

it('several handlers that stop the workers do not wait for each other', async () => {
  const queue = randomQueue();
  await startWorker(queue, async (own) => {
    await waitFor(() => own.get(ReplyWorkers).status.queues[0]?.busy === 3);
    await own.get(ReplyWorkers).stop();
    return 'stopped';
  });
  const { client } = await startApp({ connection: server.url, workers: false });
  const start = performance.now();
  const replies = [1, 2, 3].map((data) => firstValueFrom(client.send(queue, data)));
  expect(await Promise.all(replies)).toEqual(['stopped', 'stopped', 'stopped']);
  expect(performance.now() - start).toBeLessThan(5_000);
});

it('a stop by a handler waits for other jobs', async () => {
  const queue = randomQueue();
  let stopped: Promise<void> | undefined;
  await startWorker(queue, async (own, job) => {
    if (job.headers['kind'] === 'slow') {
      await waitFor(() => stopped !== undefined);
      await delay(1_000);
      return 'slow';
    }
    stopped = own.get(ReplyWorkers).stop();
    await stopped;
    return 'stopped';
  });
  const { client } = await startApp({ connection: server.url, workers: false });
  const slow = firstValueFrom(client.send(queue, 1, { headers: { kind: 'slow' } }));
  const own = firstValueFrom(client.send(queue, 2));
  expect(await Promise.all([slow, own])).toEqual(['slow', 'stopped']);
});

it('a stop waits for a handler that has called it without awaiting it', async () => {
  const queue = randomQueue();
  await startWorker(queue, async (own) => {
    void own.close();
    await delay(100);
    return 'done';
  });
  const { client } = await startApp({ connection: server.url, workers: false });
  expect(await firstValueFrom(client.send(queue))).toBe('done');
});

it('a handler that closes its application counts as lost, and is delivered no more often than allowed', async () => {
  const queue = randomQueue();
  const attempts: number[] = [];
  const run = async (own: INestApplicationContext, job: JobContext): Promise<void> => {
    attempts.push(job.attempt);
    await own.close();
  };
  const apps = await Promise.all([1, 2, 3].map(() => startWorker(queue, run)));
  const { client } = await startApp({ connection: server.url, workers: false });
  const error = await failureOf(client.send(queue, null, { maxDeliveries: 2 }));
  expect(error).toMatchObject({ code: 'WORKER_LOST', deliveries: 2 });
  expect(attempts).toEqual([1, 2]);
  const states = apps.map(({ app }) => app.get(ReplyWorkers).status.state);
  expect(states.toSorted()).toEqual(['running', 'stopped', 'stopped']);
  expect(await countDead(server.look, queue)).toBe(1);
});

it('a handler that stops the workers and never returns does not hold up the stop', async () => {
  const queue = randomQueue();
  let closed: Promise<void> | undefined;
  @Injectable()
  class Worker {
    @OnJob(queue)
    async run(_data: unknown, job: JobContext) {
      closed ??= started.app.close();
      await once(job.signal, 'never');
    }
  }
  const options = { connection: server.url, lease: 300, shutdownTimeout: 0 };
  const started = await startApp(options, [Worker]);
  const { client } = await startApp({ connection: server.url, workers: false });
  const end = failureOf(client.send(queue, null, { maxDeliveries: 1, timeout: 8_000 }));
  await waitFor(() => closed !== undefined);
  await closed;
  // Whoever comes next finds that it was lost.
  await startWorker(queue, () => 'nobody comes here');
  expect(await end).toMatchObject({ code: 'WORKER_LOST', deliveries: 1 });
});
