import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import {
  ClientClosedError,
  OnJob,
  ReplyWorkers,
  RequestClient,
  WorkerLostError,
  type JobContext,
} from '../../lib/index.js';
import { Proxy } from '../chaos/proxy.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { itOnRedis, useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';
import { waitingConnections } from '../support/waiting-connections.js';
import { countDead } from '../support/dead-letters.js';

const server = useServer();

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

it('a stop waits for running jobs, takes no more, and pushes their replies', async () => {
  const queue = randomQueue();
  const { Worker, open, jobs } = gate(queue);
  const worker = await startApp({ connection: server.url }, [Worker]);
  const { client } = await startApp({ connection: server.url });
  const replies = [1, 2].map((data) => firstValueFrom(client.send(queue, data)));
  await waitFor(() => jobs.length === 2);
  const third = failureOf(client.send(queue, 3));
  await waitFor(async () => (await server.look.llen(`${queue}requests`)) === 1);
  const closed = worker.app.close();
  open.forEach((finish) => finish());
  expect(await Promise.all(replies)).toEqual([1, 2]);
  await closed;
  expect(jobs).toHaveLength(2);
  expect(await server.look.llen(`${queue}requests`)).toBe(1);
  expect(await server.look.keys(`${queue}worker*`)).toEqual([]);
  await client.close();
  expect(await third).toBeInstanceOf(ClientClosedError);
});

it('a stop aborts jobs that do not finish in time, and gives them back to the head of the queue', async () => {
  const queue = randomQueue();
  const { Worker, jobs, open } = gate(queue);
  const worker = await startApp({ connection: server.url, shutdownTimeout: 100 }, [Worker]);
  const { client, log } = await startApp({ connection: server.url });
  const replies = [1, 2, 3].map((data) => firstValueFrom(client.send(queue, data)));
  await waitFor(() => jobs.length === 2);
  const signals = jobs.map(({ signal }) => signal);
  await worker.app.close();
  expect(signals.every(({ aborted }) => aborted)).toBe(true);
  // Nest logs to the logger of the application that was made last.
  expect(log.text).toContain(`2 jobs of queue "${queue}" did not finish within shutdownTimeout`);
  const waiting = await server.look.lrange(`${queue}requests`, 0, -1);
  expect(waiting.map((element) => JSON.parse(element)[1])).toEqual([1, 2, 3]);
  expect(waiting.every((element) => element.startsWith('['))).toBe(true);
  // The old runs end after all; the jobs are no longer theirs.
  open.forEach((finish) => finish());
  const next = gate(queue, 3);
  await startApp({ connection: server.url }, [next.Worker]);
  await waitFor(() => next.jobs.length === 3);
  expect(next.jobs.map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
  next.open.forEach((finish) => finish());
  expect(await Promise.all(replies)).toEqual([1, 2, 3]);
});

it('closing an idle worker is quick and logs no error', async () => {
  const { Worker } = gate(randomQueue());
  const { app, log } = await startApp({ connection: server.url }, [Worker]);
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
  const { client } = await startApp({ connection: server.url });
  await startApp({ connection: server.url }, [Worker]);
  const closing = await startApp({ connection: server.url, shutdownTimeout: 1_000 }, [Worker]);
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

it('a stop does not give back a job that must run once only, and its caller gets an error', async () => {
  const queue = randomQueue();
  const { Worker, jobs } = gate(queue);
  const worker = await startApp({ connection: server.url, shutdownTimeout: 50 }, [Worker]);
  const { client } = await startApp({ connection: server.url, workers: false });
  const failure = failureOf(client.send(queue, 1, { maxDeliveries: 1 }));
  await waitFor(() => jobs.length === 1);
  await worker.app.close();
  expect(await failure).toBeInstanceOf(WorkerLostError);
  expect(await server.look.llen(`${queue}requests`)).toBe(0);
  expect(await countDead(server.look, queue)).toBe(1);
  expect(await server.look.keys(`${queue}active:*`)).toEqual([]);
});

itOnRedis('a stop leaves jobs that Redis refuses to take back to later workers', async () => {
  const queue = randomQueue();
  const { Worker, jobs } = gate(queue);
  const options = { connection: server.url, lease: 300 };
  const worker = await startApp({ ...options, shutdownTimeout: 50 }, [Worker]);
  // Nest has one logger for all applications of a process, that of the last.
  const { client, log } = await startApp({ connection: server.url, workers: false });
  const reply = firstValueFrom(client.send(queue, 1));
  await waitFor(() => jobs.length === 1);
  await server.redis.look.config('SET', 'min-replicas-to-write', '1');
  await worker.app.close();
  await server.redis.look.config('SET', 'min-replicas-to-write', '0');
  expect(log.text).toContain('another worker will recover them');
  const next = gate(queue);
  await startApp(options, [next.Worker]);
  await waitFor(() => next.open.length === 1);
  next.open.forEach((finish) => finish());
  expect(await reply).toBe(1);
});

itOnRedis(
  'a worker whose handler has become slow gives back the jobs that it holds ahead as soon as Redis accepts them',
  async () => {
    const queue = randomQueue();
    let endSlow: () => void = () => undefined;
    @Injectable()
    class Worker {
      @OnJob(queue, { concurrency: 1 })
      run(data: unknown) {
        return data === 'slow'
          ? new Promise<void>((resolve) => {
              endSlow = resolve;
            })
          : data;
      }
    }
    await startApp({ connection: server.url }, [Worker]);
    const { client, log } = await startApp({ connection: server.url, workers: false });
    const ask = (data: unknown) => firstValueFrom(client.send(queue, data));
    // It learns that the handler is quick, and holds jobs ahead from then on.
    for (let round = 0; round < 30; round++) {
      await Promise.all(Array.from({ length: 20 }, (_, data) => ask(data)));
    }
    const slow = ask('slow');
    const others = Array.from({ length: 60 }, (_, data) => ask(data));
    await waitFor(async () => (await server.look.keys(`${queue}active:*`)).length > 1);
    await server.redis.look.config('SET', 'min-replicas-to-write', '1');
    await waitFor(() => log.text.includes('Cannot give back'));
    await server.redis.look.config('SET', 'min-replicas-to-write', '0');
    await waitFor(async () => (await server.look.keys(`${queue}active:*`)).length === 1);
    endSlow();
    await slow;
    expect(await Promise.all(others)).toEqual(others.map((_, data) => data));
  },
);

itOnRedis(
  'a stop of a worker whose connection was just lost loses no job that is pushed meanwhile',
  async () => {
    const proxy = await Proxy.before(server.redis.port);
    const queue = randomQueue();
    @Injectable()
    class Worker {
      @OnJob(queue)
      run() {
        return 'ran';
      }
    }
    // The third connection is the one that jobs are fetched by.
    let made = 0;
    const connection = () =>
      new Redis(++made === 3 ? proxy.url : server.url, { lazyConnect: true });
    const { app } = await startApp({ connection }, [Worker]);
    const { client } = await startApp({ connection: server.url, workers: false });
    expect(await firstValueFrom(client.send(queue))).toBe('ran');
    await waitFor(async () => (await waitingConnections(server.redis.look)).length > 0);
    proxy.port = 1;
    proxy.halfClose(() => true);
    let state: unknown;
    app.get(RequestClient).status$.subscribe((each) => (state = each));
    await waitFor(() => state === 'reconnecting');
    await app.close();
    const reply = firstValueFrom(client.send(queue));
    await waitFor(async () => (await server.look.llen(`${queue}requests`)) === 1);
    await startApp({ connection: server.url }, [Worker]);
    expect(await reply).toBe('ran');
    proxy.close();
  },
);

it('pausing and resuming keeps the order of the jobs', async () => {
  const queue = randomQueue();
  const order: number[] = [];
  @Injectable()
  class Worker {
    @OnJob(queue, { concurrency: 1 })
    run(data: number) {
      order.push(data);
    }
  }
  const { app } = await startApp({ connection: server.url }, [Worker]);
  const { client } = await startApp({ connection: server.url, workers: false });
  const workers = app.get(ReplyWorkers);
  const count = 10_000;
  const replies = Array.from({ length: count }, (_, data) =>
    firstValueFrom(client.send(queue, data)),
  );
  const pausing = (async () => {
    // Behind the last job nothing would make it wait, and the replies never come.
    while (order.length < count) {
      const before = order.length;
      await waitFor(() => order.length > before + 200 || order.length === count);
      await workers.pause(queue);
      workers.resume(queue);
    }
  })();
  await Promise.all(replies);
  await pausing;
  expect(order).toEqual(order.map((_, data) => data));
});
