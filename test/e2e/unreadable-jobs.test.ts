import { Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { OnJob } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { commandCalls } from '../support/command-calls.js';
import { randomQueue } from '../support/random-queue.js';
import { itOnRedis, useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';
import { countDead, lettersOf } from '../support/dead-letters.js';

const server = useServer();

it('an unreadable job becomes a dead letter with the reason, and the worker goes on', async () => {
  const queue = randomQueue();
  const unreadable = [
    'no JSON',
    '{"id":1}',
    '[]',
    '["a"]',
    '[null,1]',
    '["a",1,"meta"]',
    '["a",1,{"d":"soon"}]',
  ];
  await server.look.rpush(`${queue}requests`, ...unreadable);
  @Injectable()
  class Worker {
    @OnJob(queue, { concurrency: 2 })
    run(data: unknown) {
      return data;
    }
  }
  const { client, log } = await startApp({ connection: server.url }, [Worker]);
  expect(await firstValueFrom(client.send(queue, 'still here'))).toBe('still here');
  await waitFor(async () => (await countDead(server.look, queue)) === unreadable.length);
  const dead = await lettersOf(server.look, queue);
  expect(dead.map(({ job }) => job).toSorted()).toEqual(unreadable.toSorted());
  for (const entry of dead) {
    expect(entry).toMatchObject({ reason: 'unreadable', message: expect.stringMatching(/.+/) });
  }
  expect(log.text).toContain(`Cannot read a job of queue "${queue}"`);
  expect(await server.look.keys(`${queue}active:*`)).toEqual([]);
});

it('a job with unknown meta fields is run', async () => {
  const queue = randomQueue();
  const seen: unknown[] = [];
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(data: unknown, job: { attempt: number }) {
      seen.push([data, job.attempt]);
    }
  }
  await server.look.rpush(`${queue}requests`, '  ["a","data",{"z":{"later":true}}]');
  await startApp({ connection: server.url }, [Worker]);
  await waitFor(() => seen.length === 1);
  expect(seen).toEqual([['data', 3]]);
});

itOnRedis(
  'unreadable jobs wait in their slots while the key of the dead letters has another type, and one at a time is retried',
  async () => {
    const queue = randomQueue();
    @Injectable()
    class Worker {
      @OnJob(queue)
      run(data: unknown) {
        return data;
      }
    }
    await server.look.set(`${queue}deadids`, 'odd');
    const unreadable = Array.from({ length: 2_000 }, (_, index) => `no JSON ${index}`);
    await server.look.rpush(`${queue}requests`, ...unreadable);
    const { client, log } = await startApp({ connection: server.url }, [Worker]);
    expect(await firstValueFrom(client.send(queue, 'still here'))).toBe('still here');
    const renewedAt = async (): Promise<number> =>
      Number((await server.look.zrange(`${queue}workers`, 0, '-1', 'WITHSCORES'))[1]);
    const [since, before] = [await renewedAt(), await commandCalls(server.redis.look, 'evalsha')];
    await waitFor(async () => (await renewedAt()) > since + 1_500);
    // A try or two a second, and the renewals.
    expect((await commandCalls(server.redis.look, 'evalsha')) - before).toBeLessThan(100);
    expect(log.lines.filter((line) => line.includes('Cannot move a job'))).toHaveLength(1);
    await server.look.del(`${queue}deadids`);
    await waitFor(async () => (await countDead(server.look, queue)) === unreadable.length);
    await waitFor(async () => (await server.look.keys(`${queue}active:*`)).length === 0);
  },
);
