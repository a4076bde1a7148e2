import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { OnJob } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

it('a reply that Redis refuses does not hold up the others', async () => {
  const queue = randomQueue();
  const user = async (...rules: string[]): Promise<void> => {
    await redis.look.call('ACL', 'SETUSER', 'worker', 'on', '>secret', '&*', '+@all', ...rules);
  };
  await user('~*');
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(data: unknown) {
      return data;
    }
  }
  const connection = redis.url.replace('//', '//worker:secret@');
  await startApp({ connection }, [Worker]);
  const { client, log } = await startApp({ connection: redis.url, workers: false });
  expect(await firstValueFrom(client.send(queue, 1))).toBe(1);
  // A version 1 requester has a reply list of its own.
  const keys = ['requests', 'active:*', 'worker*'].map((key) => `~${queue}${key}`);
  await user('resetkeys', '~replies:*', ...keys);
  await redis.look.rpush(`${queue}requests`, JSON.stringify(['job-1', 'refused']));
  await waitFor(() => log.text.includes('Cannot push'));
  expect(log.text).toContain(`Cannot push a reply of queue "${queue}" to "${queue}replies:job-1"`);
  for (const data of [2, 3, 4]) {
    expect(await firstValueFrom(client.send(queue, data, { timeout: 3_000 }))).toBe(data);
  }
  await user('~*');
  expect(await redis.look.blpop(`${queue}replies:job-1`, 5)).toContain('"refused"');
});

it('a worker goes on when none of the jobs that it settles are left in Redis', async () => {
  const queue = randomQueue();
  let runs = 0;
  @Injectable()
  class Worker {
    @OnJob(queue, { concurrency: 1, timeout: 200 })
    async run(data: unknown) {
      // The first one ends after it was answered, while that answer waits at the server.
      await delay(runs++ === 0 ? 300 : 0);
      return data;
    }
  }
  const { client } = await startApp({ connection: redis.url }, [Worker]);
  const first = failureOf(client.send(queue, 1, { timeout: 2_000 }));
  await waitFor(() => runs === 1);
  await redis.look.del(...(await redis.look.keys(`${queue}active:*`)));
  await redis.look.call('CLIENT', 'PAUSE', '500', 'ALL');
  await first;
  expect(await firstValueFrom(client.send(queue, 2, { timeout: 5_000 }))).toBe(2);
});
