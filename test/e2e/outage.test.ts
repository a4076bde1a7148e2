import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { filter, firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { OnJob, ReplyWorkers, RequestTimeoutError } from '../../lib/index.js';
import { Proxy } from '../chaos/proxy.js';
import { startApp } from '../support/app.js';
import { cpuUse } from '../support/cpu-use.js';
import { failureOf } from '../support/failure-of.js';
import { hasEnded, startProcess } from '../support/processes.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';
import { waitingConnections } from '../support/waiting-connections.js';

const redis = useRedis();
const nobodyThere = 1;

function recording(queue: string) {
  const seen: unknown[] = [];
  @Injectable()
  class Worker {
    @OnJob(queue, { concurrency: 1 })
    run(data: unknown) {
      seen.push(data);
      return data;
    }
  }
  return { Worker, seen };
}

it('requests made while Redis is away are pushed in order when it is back, or time out', async () => {
  const proxy = await Proxy.before(redis.port);
  const queue = randomQueue();
  const { Worker, seen } = recording(queue);
  const { client } = await startApp({ connection: proxy.url }, [Worker]);
  expect(await firstValueFrom(client.send(queue, 'before'))).toBe('before');
  proxy.port = nobodyThere;
  proxy.cut(() => true);
  await waitFor(
    async () => (await redis.look.client('LIST'))?.toString().includes('reqrep') === false,
  );
  const late = failureOf(client.send(queue, 'late', { timeout: 200 }));
  const replies = [1, 2, 3].map((data) => firstValueFrom(client.send(queue, data)));
  const error = await late;
  expect(error).toBeInstanceOf(RequestTimeoutError);
  expect(error).toMatchObject({ workers: undefined, queueLength: undefined });
  proxy.port = redis.port;
  expect(await Promise.all(replies)).toEqual([1, 2, 3]);
  expect(seen).toEqual(['before', 1, 2, 3]);
  proxy.close();
});

it('jobs of several turns that are lost on their way are pushed again in their order', async () => {
  const proxy = await Proxy.before(redis.port);
  const queue = randomQueue();
  const { client } = await startApp({ connection: proxy.url, workers: false });
  await firstValueFrom(client.emit(queue, -1));
  proxy.stall(() => true, 60_000);
  const receipts: Promise<unknown>[] = [];
  for (let data = 0; data < 20; data++) {
    receipts.push(firstValueFrom(client.emit(queue, data)));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  proxy.cut(() => true);
  receipts.push(firstValueFrom(client.emit(queue, 20)));
  await Promise.all(receipts);
  const elements = await redis.look.lrange(`${queue}requests`, 0, -1);
  expect(elements.map((element) => JSON.parse(element)[1])).toEqual(
    Array.from({ length: 22 }, (_, index) => index - 1),
  );
  proxy.close();
});

it('a connection that goes silent without closing is replaced', async () => {
  const proxy = await Proxy.before(redis.port);
  const queue = randomQueue();
  const { Worker } = recording(queue);
  const { client } = await startApp({ connection: proxy.url }, [Worker]);
  expect(await firstValueFrom(client.send(queue, 'before'))).toBe('before');
  proxy.stall(() => true, 600_000);
  expect(await firstValueFrom(client.send(queue, 'after'))).toBe('after');
  proxy.close();
}, 60_000);

it('an application closes in time while Redis is away', async () => {
  const proxy = await Proxy.before(redis.port);
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue)
    run() {
      return new Promise(() => undefined);
    }
  }
  const { app, client, log } = await startApp({ connection: proxy.url, shutdownTimeout: 300 }, [
    Worker,
  ]);
  const lost = failureOf(client.send(queue));
  await waitFor(() => app.get(ReplyWorkers).status.queues[0]?.busy === 1);
  proxy.port = nobodyThere;
  proxy.cut(() => true);
  const start = performance.now();
  await app.close();
  expect(performance.now() - start).toBeLessThan(4_000);
  expect(await lost).toMatchObject({ code: 'CLIENT_CLOSED' });
  expect(log.lines.filter((line) => line.startsWith('error'))).toEqual([]);
  proxy.close();
});

it('a rolling restart of all workers under load costs no caller more than a job', async () => {
  const queue = randomQueue();
  const start = () => startProcess('worker', { QUEUE: queue, REDIS_URL: redis.url, MS: '20' });
  const workers = await Promise.all([start(), start()]);
  const { client } = await startApp({ connection: redis.url });
  let isOver = false;
  let slowest = 0;
  let answered = 0;
  const callers = Array.from({ length: 64 }, async () => {
    while (!isOver) {
      const sent = performance.now();
      await firstValueFrom(client.send(queue, 'job'));
      slowest = Math.max(slowest, performance.now() - sent);
      answered++;
    }
  });
  for (const old of workers) {
    await start();
    old.kill('SIGTERM');
    await waitFor(() => hasEnded(old));
  }
  isOver = true;
  await Promise.all(callers);
  expect(answered).toBeGreaterThan(100);
  expect(client.droppedReplies).toBe(0);
  // A job that was lost with its worker would wait for the end of its lease, 5 s.
  expect(slowest).toBeLessThan(4_500);
});

it('a paused queue is not served until it is resumed', async () => {
  const queue = randomQueue();
  const { Worker, seen } = recording(queue);
  const { app, client } = await startApp({ connection: redis.url }, [Worker]);
  const workers = app.get(ReplyWorkers);
  await workers.pause(queue);
  expect(workers.status.queues[0]?.isPaused).toBe(true);
  const reply = firstValueFrom(client.send(queue, 'held'));
  await firstValueFrom(client.emit(queue, 'behind'));
  expect(await redis.look.llen(`${queue}requests`)).toBe(2);
  expect(seen).toEqual([]);
  await workers.stop();
  await workers.start();
  expect(await redis.look.llen(`${queue}requests`)).toBe(2);
  workers.resume(queue);
  expect(await reply).toBe('held');
  await expect(workers.pause('another')).rejects.toThrow(/a queue that this process serves/);
});

it('a server that came back empty shows as timeouts, and work goes on', async () => {
  const queue = randomQueue();
  const held: (() => void)[] = [];
  @Injectable()
  class Worker {
    @OnJob(queue, { concurrency: 2 })
    run(data: unknown) {
      return data === 'held'
        ? new Promise((resolve) => held.push(() => resolve(data)))
        : Promise.resolve(data);
    }
  }
  const { client, log } = await startApp({ connection: redis.url, lease: 300 }, [Worker]);
  const lost = failureOf(client.send(queue, 'held', { timeout: 1_000 }));
  await waitFor(() => held.length === 1);
  await redis.look.flushall();
  held.forEach((finish) => finish());
  expect(await lost).toBeInstanceOf(RequestTimeoutError);
  expect(await firstValueFrom(client.send(queue, 'after'))).toBe('after');
  await waitFor(async () => (await redis.look.zcard(`${queue}workers`)) === 1);
  expect(log.text).toContain('Redis no longer held 1 job of');
});

it('a worker goes on after its connection for commands was cut under load', async () => {
  const queue = randomQueue();
  await startProcess('worker', { QUEUE: queue, REDIS_URL: redis.url });
  const { client } = await startApp({ connection: redis.url, workers: false });
  const count = 40_000;
  let answered = 0;
  for (let data = 0; data < count; data++) {
    const seen = { next: () => answered++, error: () => undefined };
    client.send(queue, data, { timeout: 0 }).subscribe(seen);
  }
  await waitFor(() => answered > 1_000);
  const clients = String(await redis.look.client('LIST')).split('\n');
  const settling = clients.filter((line) => /:commands .*cmd=evalsha/.test(line));
  for (const line of settling) {
    await redis.look.call('CLIENT', 'KILL', 'ID', /\bid=(\d+)/.exec(line)?.[1] ?? '');
  }
  expect(settling).toHaveLength(1);
  await waitFor(() => answered === count, 20_000);
}, 40_000);

it('a process rests while only its connection for commands is away', async () => {
  const proxy = await Proxy.before(redis.port);
  const queue = randomQueue();
  const { Worker } = recording(queue);
  let made = 0;
  const connection = () => new Redis(made++ === 0 ? proxy.url : redis.url, { lazyConnect: true });
  await startApp({ connection }, [Worker]);
  await waitFor(async () => (await waitingConnections(redis.look)).length > 0);
  proxy.port = nobodyThere;
  proxy.cut(() => true);
  const [fetching = ''] = await waitingConnections(redis.look);
  await redis.look.call('CLIENT', 'KILL', 'ID', /\bid=(\d+)/.exec(fetching)?.[1] ?? '');
  // Its successor comes to the point where it has to be told of.
  await waitFor(async () => /:test-.* cmd=client/.test(String(await redis.look.client('LIST'))));
  const { used, busiest } = await cpuUse(1_000);
  expect(used, busiest).toBeLessThan(500);
  proxy.close();
});

it.each([
  ['comes when Redis is known to be away', (proxy: Proxy) => proxy.cut(() => true), true],
  ['goes to a connection that breaks', (proxy: Proxy) => proxy.cut(() => true), false],
  ['was pushed, but not confirmed', (proxy: Proxy) => proxy.swallow(() => true), false],
])('an application rests when it is closed while the reply of a job %s', async (_, lose, waits) => {
  const proxy = await Proxy.before(redis.port);
  const queue = randomQueue();
  let hasRun = false;
  @Injectable()
  class Worker {
    @OnJob(queue)
    async run() {
      proxy.port = nobodyThere;
      lose(proxy);
      if (waits) {
        await firstValueFrom(client.status$.pipe(filter((state) => state !== 'ready')));
      }
      hasRun = true;
    }
  }
  const { app, client } = await startApp({ connection: proxy.url, shutdownTimeout: 100 }, [Worker]);
  await redis.look.rpush(`${queue}requests`, JSON.stringify(['id', null]));
  await waitFor(() => hasRun);
  await app.close();
  const { used, busiest } = await cpuUse(1_000);
  expect(used, busiest).toBeLessThan(500);
  proxy.close();
});

it('goes on where ioredis has given a connection up', async () => {
  const queue = randomQueue();
  const { Worker } = recording(queue);
  const made: Redis[] = [];
  const connection = () => {
    made.push(new Redis(redis.url, { lazyConnect: true }));
    return made.at(-1) as Redis;
  };
  const { client } = await startApp({ connection }, [Worker]);
  expect(await firstValueFrom(client.send(queue, 'before'))).toBe('before');
  made.forEach((each) => each.disconnect());
  await waitFor(() => made.every(({ status }) => status === 'end'));
  expect(await firstValueFrom(client.send(queue, 'after'))).toBe('after');
});

it('workers that are started, stopped and started before Redis answers are there once', async () => {
  const proxy = await Proxy.before(nobodyThere);
  const queue = randomQueue();
  const { Worker } = recording(queue);
  const { app } = await startApp({ connection: proxy.url, workers: 'manual', lease: 300 }, [
    Worker,
  ]);
  const workers = app.get(ReplyWorkers);
  const first = workers.start();
  await workers.stop();
  const second = workers.start();
  proxy.port = redis.port;
  await Promise.all([first, second]);
  expect(await redis.look.zcard(`${queue}workers`)).toBe(1);
  expect(workers.status.state).toBe('running');
  await workers.stop();
  expect(await redis.look.zcard(`${queue}workers`)).toBe(0);
  proxy.close();
});

it('a job that was handed out to a worker that is paused then goes on elsewhere', async () => {
  const proxy = await Proxy.before(redis.port);
  const queue = randomQueue();
  const { Worker, seen } = recording(queue);
  const { app } = await startApp({ connection: proxy.url, lease: 60_000 }, [Worker]);
  const { client } = await startApp({ connection: redis.url, workers: false });
  await waitFor(async () => (await waitingConnections(redis.look)).length > 0);
  // Its answers do not come through any more, and then its connections break.
  proxy.stall(() => true, 60_000);
  const reply = firstValueFrom(client.send(queue, 'handed out'));
  await waitFor(async () => (await redis.look.keys(`${queue}active:*`)).length === 1);
  const paused = app.get(ReplyWorkers).pause(queue);
  proxy.cut(() => true);
  await paused;
  await waitFor(async () => (await redis.look.llen(`${queue}requests`)) === 1);
  expect(seen).toEqual([]);
  const other = recording(queue);
  await startApp({ connection: redis.url }, [other.Worker]);
  expect(await reply).toBe('handed out');
  proxy.close();
});
