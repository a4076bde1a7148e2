import { createRequire } from 'node:module';
import type { Readable, Writable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { OnJob } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

/**
 * `pushpull` 2.1.8 on `redis` 0.12.1: all that the original `reqrep` sent and received with. A request is
 * `[id, data]` in the list `<queue>requests`, its reply the bare JSON in the list `<queue>replies:<id>`.
 */
interface PushPullOptions {
  readonly queue: string;
  readonly host: string;
  readonly port: number;
}

const { Push, Pull } = createRequire(import.meta.url)('pushpull') as {
  Push: new (options: PushPullOptions) => Writable & { end(): void };
  Pull: new (options: PushPullOptions) => Readable & { end(): void };
};

const REQUESTS = 1_000;
const IN_FLIGHT = 64;

const redis = useRedis();
const at = (queue: string): PushPullOptions => ({ queue, host: '127.0.0.1', port: redis.port });

/** Runs all requests with so many in flight, and gives their replies in order. */
async function inFlight<T>(ask: (index: number) => Promise<T>): Promise<T[]> {
  const replies: T[] = [];
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < REQUESTS) {
      const index = next++;
      replies[index] = await ask(index);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
  return replies;
}

const doubled = Array.from({ length: REQUESTS }, (_, index) => ({ double: index * 2 }));

it('a worker of ours serves original requesters', async () => {
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue)
    run({ value }: { value: number }) {
      return { double: value * 2 };
    }
  }
  await startApp({ connection: redis.url }, [Worker]);
  const push = new Push(at(`${queue}requests`));
  const replies = await inFlight(async (index) => {
    const id = `request-${index}`;
    const pull = new Pull(at(`${queue}replies:${id}`));
    const reply = new Promise((resolve) => pull.once('data', resolve));
    push.write([id, { value: index }]);
    try {
      return await reply;
    } finally {
      pull.end();
    }
  });
  push.end();
  expect(replies).toEqual(doubled);
});

it('a client of ours speaks to original workers, on one connection for all replies', async () => {
  const queue = randomQueue();
  const pull = new Pull(at(`${queue}requests`));
  pull.on('data', ([id, { value }]: [string, { value: number }]) => {
    const push = new Push(at(`${queue}replies:${id}`));
    push.write({ double: value * 2 }, () => push.end());
  });
  const { client } = await startApp({ connection: redis.url });
  const replies = await inFlight((value) =>
    firstValueFrom(client.send(queue, { value }, { protocol: 1 })),
  );
  const list = (await redis.look.client('LIST')) as string;
  pull.end();
  expect(replies).toEqual(doubled);
  expect([...list.matchAll(/name=nestjs-reqrep/g)]).toHaveLength(2);
});

it('old and new requesters share one queue and its workers', async () => {
  const queue = randomQueue();
  const pull = new Pull(at(`${queue}requests`));
  pull.on('data', ([id, data]: [string, unknown]) => {
    const push = new Push(at(`${queue}replies:${id}`));
    push.write({ old: data }, () => push.end());
  });
  const { client } = await startApp({ connection: redis.url });
  expect(await firstValueFrom(client.send(queue, 1, { protocol: 1 }))).toEqual({ old: 1 });
  // An original worker reads a version 2 job without harm, and replies where nobody looks.
  client.send(queue, 2, { timeout: 0 }).subscribe({ error: () => undefined });
  await waitFor(async () => (await redis.look.keys(`${queue}replies:*`)).length === 1);
  pull.end();
});

it('its reply lists have an end, and an error is reported where it happened', async () => {
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(data: unknown) {
      if (data === 'fail') {
        throw new Error('no form for it');
      }
    }
  }
  const { log } = await startApp({ connection: redis.url }, [Worker]);
  await redis.look.rpush(`${queue}requests`, '["a",1]', '[7,2]', '["b","fail"]');
  await waitFor(() => log.text.includes('no form for it'));
  await waitFor(async () => (await redis.look.keys(`${queue}active:*`)).length === 0);
  expect((await redis.look.keys(`${queue}replies:*`)).toSorted()).toEqual(
    [`${queue}replies:7`, `${queue}replies:a`].toSorted(),
  );
  expect(await redis.look.lrange(`${queue}replies:a`, 0, -1)).toEqual(['null']);
  expect(await redis.look.pttl(`${queue}replies:a`)).toBeGreaterThan(0);
});

it('a late reply of an original worker does not lie about for ever', async () => {
  const queue = randomQueue();
  const { client } = await startApp({ connection: redis.url });
  client.send(queue, 1, { protocol: 1, timeout: 100 }).subscribe({ error: () => undefined });
  await waitFor(() => client.pending === 0);
  const [element = ''] = await redis.look.lrange(`${queue}requests`, 0, -1);
  const [id] = JSON.parse(element) as [string];
  await redis.look.rpush(`${queue}replies:${id}`, '"late"');
  await waitFor(async () => (await redis.look.exists(`${queue}replies:${id}`)) === 0);
});
