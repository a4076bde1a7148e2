import { setTimeout as delay } from 'node:timers/promises';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { PushFailedError, RemoteError, type RequestClient } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

/** Speaks to original workers. */
const ORIGINAL = { protocol: 1 } as const;

/** The id of the only job of a queue, which is taken. */
async function takeJob(queue: string): Promise<string> {
  await waitFor(async () => (await redis.look.llen(`${queue}requests`)) > 0);
  const [id] = JSON.parse(String(await redis.look.lpop(`${queue}requests`)));
  return id;
}

/** Answers a request, after which the client looks at its lists anew. @returns the id of the next request. */
async function ask(client: RequestClient): Promise<string> {
  const queue = randomQueue();
  const reply = firstValueFrom(client.send(queue, 1, ORIGINAL));
  const id = await takeJob(queue);
  await redis.look.rpush(`${queue}replies:${id}`, '"replied"');
  expect(await reply).toBe('replied');
  const [name, count = ''] = id.split(/-(?=\w+$)/);
  return `${name}-${(parseInt(count, 36) + 1).toString(36)}`;
}

/** Whether the client takes away what comes to a list. */
async function readsFrom(client: RequestClient, list: string): Promise<boolean> {
  await redis.look.rpush(list, '"anything"');
  await ask(client);
  await ask(client);
  return (await redis.look.llen(list)) === 0;
}

describe('a request to original workers', () => {
  const failed = async (client: RequestClient, queue: string): Promise<void> => {
    await redis.look.set(`${queue}requests`, 'no list');
    expect(await failureOf(client.send(queue, 1, ORIGINAL))).toBeInstanceOf(PushFailedError);
  };
  const full = async (client: RequestClient, queue: string): Promise<void> => {
    await redis.look.rpush(`${queue}requests`, 'one');
    const error = await failureOf(client.send(queue, 1, { ...ORIGINAL, maxQueueLength: 1 }));
    expect(error).toMatchObject({ code: 'QUEUE_FULL' });
  };
  const unsubscribed = async (client: RequestClient, queue: string): Promise<void> => {
    client.send(queue, 1, ORIGINAL).subscribe().unsubscribe();
    await delay(0);
  };
  const aborted = async (client: RequestClient, queue: string): Promise<void> => {
    const controller = new AbortController();
    const error = failureOf(client.send(queue, 1, { ...ORIGINAL, signal: controller.signal }));
    controller.abort(new Error('enough'));
    expect(await error).toMatchObject({ message: 'enough' });
  };
  const replied = async (client: RequestClient, queue: string): Promise<void> => {
    const reply = firstValueFrom(client.send(queue, 1, ORIGINAL));
    await redis.look.rpush(`${queue}replies:${await takeJob(queue)}`, '1');
    expect(await reply).toBe(1);
  };
  const unreadable = async (client: RequestClient, queue: string): Promise<void> => {
    const error = failureOf(client.send(queue, 1, ORIGINAL));
    await redis.look.rpush(`${queue}replies:${await takeJob(queue)}`, 'no JSON');
    expect(await error).toBeInstanceOf(RemoteError);
    expect((await error) as Error).toMatchObject({
      message: expect.stringContaining('to be JSON'),
    });
  };

  it.each([
    ['its push is refused', failed],
    ['its queue is full', full],
    ['its caller unsubscribes before it leaves', unsubscribed],
    ['its signal aborts before it leaves', aborted],
    ['its reply has come', replied],
    ['its reply cannot be read', unreadable],
  ])('is waited for no more once %s', async (_, end) => {
    const { client } = await startApp({ connection: redis.url, workers: false });
    const queue = randomQueue();
    const id = await ask(client);
    await end(client, queue);
    expect(client.pending).toBe(0);
    // A read that was on its way when it ended may know its list yet.
    await ask(client);
    expect(await readsFrom(client, `${queue}replies:${id}`)).toBe(false);
  });

  it('that was given up is waited for yet, so that its late reply is taken away, then no more', async () => {
    const { client } = await startApp({ connection: redis.url, workers: false });
    const queue = randomQueue();
    const request = client.send(queue, 1, ORIGINAL).subscribe();
    const id = await takeJob(queue);
    request.unsubscribe();
    expect(await readsFrom(client, `${queue}replies:${id}`)).toBe(true);
    expect(await readsFrom(client, `${queue}replies:${id}`)).toBe(false);
  });

  it('whose reply list is no list fails, and holds up no other', async () => {
    const { client, log } = await startApp({ connection: redis.url, workers: false });
    const queues = Array.from({ length: 6 }, randomQueue);
    const ends = queues.map((queue, index) =>
      index % 2 === 0
        ? failureOf(client.send(queue, index, ORIGINAL))
        : firstValueFrom(client.send(queue, index, ORIGINAL)),
    );
    const ids = await Promise.all(queues.map(takeJob));
    for (const [index, queue] of queues.entries()) {
      const list = `${queue}replies:${ids[index]}`;
      await (index % 2 === 0
        ? redis.look.set(list, 'no list')
        : redis.look.rpush(list, `${index}`));
    }
    const [first, second, third, fourth, fifth, sixth] = await Promise.all(ends);
    expect([second, fourth, sixth]).toEqual([1, 3, 5]);
    for (const error of [first, third, fifth]) {
      expect(error).toBeInstanceOf(RemoteError);
      expect(error).toMatchObject({ remote: { code: 'WRONGTYPE' } });
      expect((error as Error).message).toContain('is not a list');
    }
    await ask(client);
    expect(log.text).toContain('is not a list');
  });
});
