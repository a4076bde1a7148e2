import { Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { OnJob } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { proxyBefore, type LineProxy } from '../support/line-proxy.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

/** Longer than our blocking calls wait, so that only the connection for commands is idle for so long, ms. */
const IDLE_TIME = 5_700;

function recording(queue: string) {
  const seen: unknown[] = [];
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(data: unknown) {
      seen.push(data);
      return data;
    }
  }
  return { Worker, seen };
}

it('a line that was dropped without a word while it was idle costs a request no more than 2 s', async () => {
  const proxies = [0, 1].map(() => proxyBefore(redis.port, { forgetsAfter: IDLE_TIME }));
  const [near, far] = (await Promise.all(proxies)) as [LineProxy, LineProxy];
  const queue = randomQueue();
  const { Worker, seen } = recording(queue);
  await startApp({ connection: far.url, lease: 60_000 }, [Worker]);
  const { client, log } = await startApp({ connection: near.url, workers: false });
  expect(await firstValueFrom(client.send(queue, 0))).toBe(0);
  for (const round of [1, 2]) {
    await waitFor(() => near.forgotten >= round);
    const sent = performance.now();
    await firstValueFrom(client.emit(queue, 'pushed'));
    expect(performance.now() - sent).toBeLessThan(2_000);
    // The worker has a line of its own to find out about.
    expect(await firstValueFrom(client.send(queue, round))).toBe(round);
    expect(performance.now() - sent).toBeLessThan(4_000);
  }
  expect(seen).toEqual([0, 'pushed', 1, 'pushed', 2]);
  expect(log.text).toBe('');
});

it('a server that is busy when it is asked after a quiet time gets each job once', async () => {
  const queue = randomQueue();
  const { Worker, seen } = recording(queue);
  await startApp({ connection: redis.url }, [Worker]);
  const { client } = await startApp({ connection: redis.url, workers: false });
  expect(await firstValueFrom(client.send(queue, 0))).toBe(0);
  const quiet = performance.now() + 1_000 + IDLE_TIME;
  await waitFor(() => performance.now() > quiet);
  await redis.look.call('CLIENT', 'PAUSE', '2000', 'ALL');
  const replies = [1, 2, 3].map((data) =>
    firstValueFrom(client.send(queue, data, { maxDeliveries: 1 })),
  );
  expect(await Promise.all(replies)).toEqual([1, 2, 3]);
  expect(seen).toEqual([0, 1, 2, 3]);
});
