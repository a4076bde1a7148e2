import { Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { ClientClosedError, OnJob, RequestClient } from '../../lib/index.js';
import { Proxy } from '../chaos/proxy.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { itOnRedis, useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();
const ignore = { error: () => undefined };

/** What became of each emit, in the order in which they were made. */
function emitAll(client: RequestClient, queue: string, many: number, options = {}) {
  const ends: string[] = [];
  for (let data = 0; data < many; data++) {
    client.emit(queue, data, options).subscribe({
      next: () => (ends[data] = 'pushed'),
      error: (error) => (ends[data] = error.code),
    });
  }
  return ends;
}

it.each([
  ['the connection stands', true, {}],
  ['it was never used before', false, {}],
  ['each has a guard', true, { maxQueueLength: 10_000 }],
  ['each may run only once', true, { maxDeliveries: 1 }],
])(
  'pushes what was emitted in the turn in which the application is closed: %s',
  async (_, isUsed, options) => {
    const queue = randomQueue();
    const { app, client, log } = await startApp({ connection: server.url, workers: false });
    if (isUsed) {
      await firstValueFrom(client.emit(randomQueue()));
    }
    const ends = emitAll(client, queue, 500, options);
    await app.close();
    expect(ends).toEqual(Array.from({ length: 500 }, () => 'pushed'));
    expect(await server.look.llen(`${queue}requests`)).toBe(500);
    expect(log.lines).toEqual([]);
  },
);

it('reports what was pushed as pushed a turn later, too, and however much it is', async () => {
  const queue = randomQueue();
  const { app, client } = await startApp({ connection: server.url, workers: false });
  await firstValueFrom(client.emit(randomQueue()));
  const ends: string[] = [];
  for (let data = 0; data < 40; data++) {
    client.emit(queue, 'x'.repeat(1_000_000)).subscribe({
      next: () => ends.push('pushed'),
      error: (error) => ends.push(error.code),
    });
  }
  await new Promise((resolve) => setImmediate(resolve));
  await app.close();
  expect(ends).toEqual(Array.from({ length: 40 }, () => 'pushed'));
  expect(await server.look.llen(`${queue}requests`)).toBe(40);
});

it('ends requests at once, and does not push those that had not left', async () => {
  const [queue, emitted] = [randomQueue(), randomQueue()];
  const { client } = await startApp({ connection: server.url, workers: false });
  await firstValueFrom(client.emit(randomQueue()));
  const ends: string[] = [];
  client.send(queue).subscribe({ error: (error) => ends.push(error.code) });
  const receipt = firstValueFrom(client.emit(emitted));
  const closed = client.close();
  expect(ends).toEqual(['CLIENT_CLOSED']);
  expect(client.pending).toBe(0);
  expect(await failureOf(client.emit(emitted))).toBeInstanceOf(ClientClosedError);
  await receipt;
  await closed;
  expect(await server.look.exists(`${queue}requests`)).toBe(0);
  expect(await server.look.llen(`${emitted}requests`)).toBe(1);
  expect(client.close()).toBe(client.close());
});

it('may be closed by whom it tells of the end', async () => {
  const { client } = await startApp({ connection: server.url, workers: false });
  const queue = randomQueue();
  let inner: Promise<void> | undefined;
  client.send(queue).subscribe({ error: () => (inner = client.close()) });
  const receipt = firstValueFrom(client.emit(queue));
  await client.close();
  await inner;
  expect(await receipt).toMatchObject({ queueLength: 1 });
});

it('pushes what a handler emits as it ends', async () => {
  const [queue, next] = [randomQueue(), randomQueue()];
  let hasStarted = false;
  let finish: () => void = () => undefined;
  @Injectable()
  class Worker {
    constructor(private readonly requests: RequestClient) {}

    @OnJob(queue)
    async run() {
      hasStarted = true;
      await new Promise<void>((resolve) => (finish = resolve));
      this.requests.emit(next, 'last');
    }
  }
  const { app } = await startApp({ connection: server.url }, [Worker]);
  const { client } = await startApp({ connection: server.url, workers: false });
  const done = firstValueFrom(client.send(queue));
  await waitFor(() => hasStarted);
  const closed = app.close();
  finish();
  await closed;
  await done;
  expect(await server.look.llen(`${next}requests`)).toBe(1);
});

itOnRedis('fails what Redis has not confirmed after a while: Redis is away', async () => {
  const proxy = await Proxy.before(server.redis.port);
  const queue = randomQueue();
  const { app, client } = await startApp({ connection: proxy.url, workers: false });
  await firstValueFrom(client.emit(randomQueue()));
  let state: unknown;
  client.status$.subscribe((each) => (state = each));
  proxy.port = 1;
  proxy.cut(() => true);
  await waitFor(() => state === 'reconnecting');
  const ends = emitAll(client, queue, 100);
  const start = performance.now();
  await app.close();
  expect(performance.now() - start).toBeLessThan(3_000);
  expect(ends).toEqual(Array.from({ length: 100 }, () => 'CLIENT_CLOSED'));
  expect(await server.look.exists(`${queue}requests`)).toBe(0);
  proxy.close();
});

itOnRedis(
  'fails what Redis has not confirmed after a while: its answers do not come through',
  async () => {
    const proxy = await Proxy.before(server.redis.port);
    const queue = randomQueue();
    const { app, client, log } = await startApp({ connection: proxy.url, workers: false });
    await firstValueFrom(client.emit(randomQueue()));
    const ends = emitAll(client, queue, 100);
    proxy.stall(() => true, 60_000);
    const start = performance.now();
    await app.close();
    expect(performance.now() - start).toBeLessThan(6_000);
    expect(ends).toEqual(Array.from({ length: 100 }, () => 'CLIENT_CLOSED'));
    // Nobody watches these: that is one line, however many they are.
    expect(log.lines.length).toBeLessThan(3);
    proxy.close();
  },
);

itOnRedis('waits longer for as long as Redis confirms more and more', async () => {
  const queue = randomQueue();
  const proxy = await Proxy.before(server.redis.port);
  const { app, client } = await startApp({ connection: proxy.url, workers: false });
  await firstValueFrom(client.emit(randomQueue()));
  const ends = emitAll(client, queue, 100);
  let slept = 0;
  // Nothing comes through for half a second each time, and then a little.
  const hold = setInterval(() => {
    proxy.stall(() => true, 400);
    slept++;
  }, 500);
  proxy.stall(() => true, 400);
  await app.close();
  clearInterval(hold);
  expect(slept).toBeLessThan(10);
  expect(ends).toEqual(Array.from({ length: 100 }, () => 'pushed'));
  proxy.close();
});

it('says in one line that emits which nobody watches failed, and then how many', async () => {
  const proxy = await Proxy.before(1);
  const { app, client, log } = await startApp({ connection: proxy.url, workers: false });
  const queue = randomQueue();
  for (let data = 0; data < 1_000; data++) {
    client.emit(queue, data);
  }
  client.send(queue).subscribe(ignore);
  await app.close();
  await waitFor(() => log.text.includes('because the client is closed'));
  expect(log.text.split('because the client is closed')).toHaveLength(3);
  expect(log.text).toMatch(/\d+ more times?\)/);
  proxy.close();
});
