import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { OnJob, ReplyWorkers } from '../../lib/index.js';
import { inspectQueue } from '../../lib/protocol/operations/inspect-queue.js';
import { connectionSource } from '../../lib/redis/topology/connection-source.js';
import { Connection } from '../../lib/redis/connection/connection.js';
import { startApp } from '../support/app.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { slowLink } from '../support/slow-link.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

const slotsOf = (queue: string): Promise<string[]> => redis.look.keys(`${queue}active:*`);

it('a settle that overtakes others of its slot leaves nothing behind', async () => {
  const queue = randomQueue();
  let areTaken = 0;
  let slots: readonly string[] = [];
  @Injectable()
  class Worker {
    @OnJob(queue)
    async run(ms: number) {
      if (ms < 0) {
        return ms;
      }
      areTaken++;
      await waitFor(() => areTaken >= 3);
      if (ms === 0) {
        slots = await slotsOf(queue);
        await redis.look.script('FLUSH');
      }
      await delay(ms);
      return ms;
    }
  }
  const connection = await slowLink(redis.port, 50);
  const { app } = await startApp({ connection }, [Worker]);
  const { client } = await startApp({ connection: redis.url, workers: false });
  const ask = (ms: number): Promise<number> => firstValueFrom(client.send(queue, ms));
  await ask(-1);
  const workers = app.get(ReplyWorkers);
  await workers.pause(queue);
  // The first ones are taken one by one, and then it is plain that there are more.
  const sent = [-1, -1, -1, 0, 20, 110];
  const replies = sent.map(ask);
  await waitFor(async () => (await redis.look.llen(`${queue}requests`)) === sent.length);
  workers.resume(queue);
  expect(await Promise.all(replies)).toEqual(sent);
  expect(slots).toHaveLength(1);
  await waitFor(async () => (await slotsOf(queue)).length === 0, 3_000);
  for (let count = 0; count < 3; count++) {
    expect(await ask(-1)).toBe(-1);
  }
});

it('every caller is answered while the server forgets its scripts again and again', async () => {
  const queues = [randomQueue(), randomQueue()] as const;
  @Injectable()
  class Worker {
    @OnJob(queues[0], { concurrency: 32 })
    quick(data: number) {
      return data;
    }

    @OnJob(queues[1], { concurrency: 32 })
    slow(data: number) {
      return delay(data % 23, data);
    }
  }
  await startApp({ connection: await slowLink(redis.port, 3) }, [Worker]);
  const { client } = await startApp({ connection: redis.url, workers: false });
  let isOver = false;
  let answered = 0;
  const callers = Array.from({ length: 64 }, async (_, index) => {
    for (let data = index; !isOver; data++) {
      const queue = data % 2 === 0 ? queues[0] : queues[1];
      expect(await firstValueFrom(client.send(queue, data, { timeout: 5_000 }))).toBe(data);
      answered++;
    }
  });
  for (let flush = 0; flush < 40; flush++) {
    await redis.look.script('FLUSH');
    await delay(50);
  }
  isOver = true;
  await Promise.all(callers);
  expect(answered).toBeGreaterThan(500);
  expect(client.droppedReplies).toBe(0);
  for (const queue of queues) {
    await waitFor(async () => (await slotsOf(queue)).length === 0, 3_000);
  }
});

it('a script that is forgotten again as it is sent again is run all the same', async () => {
  const connection = new Connection(connectionSource(redis.url), 'test');
  onTestFinished(() => connection.close());
  await connection.ready();
  const sender = connection.redis;
  const send = sender.sendCommand.bind(sender);
  sender.sendCommand = (command, stream) => {
    const answer = send(command, stream);
    if (command.name === 'eval') {
      void sender.script('FLUSH');
    }
    return answer;
  };
  const queue = randomQueue();
  const input = { requests: `${queue}requests`, workers: `${queue}workers` };
  const nothing = { workers: 0, queueLength: 0, age: 0 };
  for (let round = 0; round < 3; round++) {
    const states = await connection.all((run) => [
      run(inspectQueue, input),
      run(inspectQueue, input),
      run(inspectQueue, input),
    ]);
    expect(states).toEqual([nothing, nothing, nothing]);
  }
});

it.each([[['', '', '']], [['', 'not JSON', '']]])(
  'a slot that holds something when it should be empty costs no caller: %j',
  async (junk) => {
    const queue = randomQueue();
    @Injectable()
    class Worker {
      @OnJob(queue, { concurrency: 2 })
      run(data: number) {
        return delay(data % 3, data);
      }
    }
    await startApp({ connection: redis.url }, [Worker]);
    const { client } = await startApp({ connection: redis.url, workers: false });
    const ask = (data: number): Promise<number> =>
      firstValueFrom(client.send(queue, data, { timeout: 3_000 }));
    expect(await ask(0)).toBe(0);
    const [id = ''] = await redis.look.zrange(`${queue}workers`, 0, '-1');
    for (let slot = 0; slot < 8; slot++) {
      await redis.look.rpush(`${queue}active:${id}:${slot}`, ...junk);
    }
    const sent = Array.from({ length: 40 }, (_, index) => index);
    expect(await Promise.all(sent.map(ask))).toEqual(sent);
    for (const data of sent.slice(0, 10)) {
      expect(await ask(data)).toBe(data);
    }
  },
);
