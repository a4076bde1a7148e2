import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import { Injectable } from '@nestjs/common';
import { filter, firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { OnJob, PendingLimitError, PushFailedError } from '../../lib/index.js';
import { Proxy } from '../chaos/proxy.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { itOnRedis, useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

function echo(queue: string) {
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(data: unknown) {
      return data;
    }
  }
  return Worker;
}

it('is one, whatever comes twice', async () => {
  const queue = randomQueue();
  const { client } = await startApp({ connection: server.url, workers: false });
  for (const [kind, value] of [
    ['r', 'first'],
    ['e', { name: 'Error', message: 'first' }],
  ] as const) {
    const heard: unknown[] = [];
    const dropped = client.droppedReplies;
    client.send(queue).subscribe({
      next: (each) => heard.push(each),
      error: (error) => heard.push(error.message),
      complete: () => heard.push('complete'),
    });
    await waitFor(async () => (await server.look.llen(`${queue}requests`)) === 1);
    const [id, , { c }] = JSON.parse(String(await server.look.lpop(`${queue}requests`)));
    const second = [id, 'r', 'second'];
    await server.look.rpush(
      `replies:${c}`,
      ...[[id, kind, value], second, [id, 'e', { message: 'third' }]].map((each) =>
        JSON.stringify(each),
      ),
    );
    await server.look.rpush(`replies:${c}`, JSON.stringify(second));
    await waitFor(() => client.droppedReplies === dropped + 3);
    expect(heard).toEqual(kind === 'r' ? ['first', 'complete'] : ['first']);
  }
  expect(client.pending).toBe(0);
});

it('replies that are no frames are told of in one line, bounded and escaped', async () => {
  const queue = randomQueue();
  const { client, log } = await startApp({ connection: server.url }, [echo(queue)]);
  expect(await firstValueFrom(client.send(queue, 1))).toBe(1);
  const other = randomQueue();
  client.send(other).subscribe({ error: () => undefined });
  await waitFor(async () => (await server.look.llen(`${other}requests`)) === 1);
  const [, , { c }] = JSON.parse(String(await server.look.lpop(`${other}requests`)));
  const evil = `\u001b[2J${'x'.repeat(100_000)}`;
  await server.look.rpush(`replies:${c}`, ...Array.from({ length: 500 }, () => evil));
  await waitFor(() => client.droppedReplies === 500);
  const lines = log.lines.filter((line) => line.includes('expected a reply frame'));
  expect(lines).toHaveLength(1);
  expect(lines[0]?.length).toBeLessThan(500);
  expect(lines[0]).not.toContain('\u001b');
  expect(await firstValueFrom(client.send(queue, 2))).toBe(2);
});

it('leaves no listener on a signal, whatever the end was', async () => {
  const queue = randomQueue();
  const wrong = randomQueue();
  await server.look.set(`${wrong}requests`, 'no list');
  const { client } = await startApp({ connection: server.url }, [echo(queue)]);
  const { signal } = new AbortController();
  const listeners = (): number => getEventListeners(signal, 'abort').length;
  expect(await firstValueFrom(client.send(queue, 1, { signal }))).toBe(1);
  expect(listeners()).toBe(0);
  expect(await failureOf(client.send(wrong, 1, { signal }))).toBeInstanceOf(PushFailedError);
  expect(listeners()).toBe(0);
  expect(await failureOf(client.send(queue, 1n, { signal }))).toMatchObject({
    code: 'SERIALIZATION',
  });
  expect(listeners()).toBe(0);
  const idle = randomQueue();
  expect(await failureOf(client.send(idle, 1, { signal, timeout: 50 }))).toMatchObject({
    code: 'REQUEST_TIMEOUT',
  });
  expect(listeners()).toBe(0);
  const kept = client.send(idle, 1, { signal }).subscribe();
  client.send(idle, 1, { signal }).subscribe().unsubscribe();
  expect(listeners()).toBe(1);
  kept.unsubscribe();
  expect(listeners()).toBe(0);
  const closed = failureOf(client.send(idle, 1, { signal }));
  await client.close();
  await closed;
  expect(listeners()).toBe(0);
});

describe('`maxPendingBytes`', () => {
  itOnRedis('bounds what waits for Redis, and is there again for what comes later', async () => {
    const proxy = await Proxy.before(server.redis.port);
    const queue = randomQueue();
    const options = { maxPayload: 1_024, maxPendingBytes: 10_000, workers: false };
    const { client } = await startApp({ connection: proxy.url, ...options });
    await firstValueFrom(client.emit(randomQueue()));
    let state: unknown;
    client.status$.subscribe((each) => (state = each));
    const text = 'x'.repeat(900);
    for (let round = 0; round < 3; round++) {
      proxy.port = 1;
      proxy.cut(() => true);
      await waitFor(() => state === 'reconnecting');
      // Some end before they leave, in every way, and are no longer counted.
      for (let index = 0; index < 30; index++) {
        client.send(queue, text).subscribe().unsubscribe();
      }
      await Promise.all(
        Array.from({ length: 5 }, () => failureOf(client.emit(queue, text, { timeout: 20 }))),
      );
      const receipts = Array.from({ length: 10 }, () => firstValueFrom(client.emit(queue, text)));
      const refused = [client.emit(queue, text), client.send(queue, text)];
      for (const each of refused) {
        const error = await failureOf(each);
        expect(error).toBeInstanceOf(PendingLimitError);
        expect(error).toMatchObject({ limit: 'maxPendingBytes', maxPendingBytes: 10_000 });
      }
      proxy.port = server.redis.port;
      await Promise.all(receipts);
    }
    expect(await server.look.llen(`${queue}requests`)).toBe(30);
    proxy.close();
  });

  it('does not count requests that only wait for their replies', async () => {
    const queue = randomQueue();
    const options = { maxPayload: 1_024, maxPendingBytes: 2_000, workers: false };
    const { client } = await startApp({ connection: server.url, ...options });
    for (let index = 1; index <= 20; index++) {
      client.send(queue, 'x'.repeat(900)).subscribe({ error: () => undefined });
      await waitFor(async () => (await server.look.llen(`${queue}requests`)) === index);
    }
    expect(client.pending).toBe(20);
  });
});

itOnRedis('a client that is shown tells nothing of its connection', async () => {
  const url = server.url.replace('//', '//default:opensesame@');
  await server.redis.look.call('ACL', 'SETUSER', 'default', '>opensesame');
  const { client } = await startApp({ connection: url, workers: false });
  await firstValueFrom(client.emit(randomQueue()));
  client.send(randomQueue()).subscribe({ error: () => undefined });
  await firstValueFrom(client.status$.pipe(filter((state) => state === 'ready')));
  const shown = [
    inspect(client),
    inspect({ client }),
    inspect(client, { depth: null, showHidden: true, customInspect: false }),
    JSON.stringify(client),
    JSON.stringify({ nested: [client] }),
    Object.keys(client).join(),
  ];
  for (const text of shown) {
    expect(text).not.toContain('opensesame');
    expect(text).not.toContain('127.0.0.1');
  }
  expect(inspect(client)).toBe("RequestClient { state: 'ready', pending: 1 }");
  expect(JSON.parse(JSON.stringify(client))).toEqual({ state: 'ready', pending: 1 });
  expect(Object.keys(client)).toEqual(['status$']);
});
