import { Injectable } from '@nestjs/common';
import { expect, it, onTestFinished } from 'vitest';
import { OnJob } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

const connectionsMade = async (): Promise<number> =>
  Number(/total_connections_received:(\d+)/.exec(await redis.look.info('stats'))?.[1]);

it('jobs of one take that exceed what the server may send at once are run, each once and in their order', async () => {
  const queue = randomQueue();
  const ran: number[] = [];
  @Injectable()
  class Worker {
    @OnJob(queue, { concurrency: 64 })
    run(data: string) {
      ran.push(data.length);
    }
  }
  const count = 64;
  // All of a length of their own.
  const lengths = [1, ...Array.from({ length: count }, (_, index) => 1_000_000 + index)];
  for (const length of lengths) {
    const job = JSON.stringify([`id-${length}`, 'x'.repeat(length), {}]);
    await redis.look.rpush(`${queue}requests`, job);
  }
  await redis.look.config('SET', 'client-output-buffer-limit', 'normal 8mb 4mb 10');
  onTestFinished(async () => {
    await redis.look.config('SET', 'client-output-buffer-limit', 'normal 0 0 0');
  });
  const before = await connectionsMade();
  await startApp({ connection: redis.url }, [Worker]);
  await waitFor(() => ran.length === lengths.length, 20_000);
  expect(ran).toEqual(lengths);
  expect((await connectionsMade()) - before).toBeLessThan(12);
  await waitFor(async () => (await redis.look.keys(`${queue}active:*`)).length === 0);
});
