import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { OnJob, PushFailedError, WorkerLostError, type JobContext } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { swallowAnswerTo } from '../support/swallowing-proxy.js';
import { waitFor } from '../support/wait-for.js';
import { lettersOf } from '../support/dead-letters.js';

const redis = useRedis();

/** The command, or a script that calls it; what asks for the right to it only names it. */
const isPush = (command: string): boolean => /\r\nrpush\r\n|'RPUSH'/i.test(command);

/** A worker that tells which deliveries it has run. */
async function startWorker({
  maxDeliveries,
  ms = 0,
}: { maxDeliveries?: number; ms?: number } = {}) {
  const queue = randomQueue();
  const attempts: number[] = [];
  @Injectable()
  class Worker {
    @OnJob(queue, { maxDeliveries })
    async run(_data: unknown, job: JobContext) {
      attempts.push(job.attempt);
      await delay(ms);
      return 'ran';
    }
  }
  await startApp({ connection: redis.url }, [Worker]);
  return { queue, attempts };
}

const startClient = async (isChosen: (command: string) => boolean) =>
  (
    await startApp({
      connection: await swallowAnswerTo(redis.port, isChosen),
      workers: false,
    })
  ).client;

describe('a push whose answer is lost', () => {
  it('is repeated as a second delivery', async () => {
    const { queue, attempts } = await startWorker({ ms: 2_000 });
    const client = await startClient(isPush);
    // No worker was lost with it, so that it need not run alone.
    expect(await firstValueFrom(client.send(queue))).toBe('ran');
    expect(attempts).toEqual([1, 2]);
  });

  it('of a stream delivers each value once, although two workers send them', async () => {
    const queue = randomQueue();
    const attempts: number[] = [];
    @Injectable()
    class Worker {
      @OnJob(queue)
      async *run(_data: unknown, job: JobContext) {
        attempts.push(job.attempt);
        for (let value = 0; value < 20; value++) {
          yield value;
          await delay(50);
        }
      }
    }
    await startApp({ connection: redis.url }, [Worker]);
    await startApp({ connection: redis.url }, [Worker]);
    const client = await startClient(isPush);
    const values = await lastValueFrom(client.send(queue).pipe(toArray()));
    expect(values).toEqual(Array.from({ length: 20 }, (_, value) => value));
    expect(attempts.toSorted()).toEqual([1, 2]);
  });

  it('is not repeated after its reply has arrived', async () => {
    const { queue, attempts } = await startWorker();
    const client = await startClient(isPush);
    expect(await firstValueFrom(client.send(queue))).toBe('ran');
    expect(await firstValueFrom(client.send(queue))).toBe('ran');
    expect(attempts).toEqual([1, 1]);
  });

  it('is run once by a handler with `maxDeliveries: 1`', async () => {
    const { queue, attempts } = await startWorker({ maxDeliveries: 1, ms: 1_000 });
    const client = await startClient(isPush);
    const error = await failureOf(client.send(queue));
    expect(error).toBeInstanceOf(WorkerLostError);
    expect(error).toMatchObject({ queue, deliveries: 1 });
    expect(await lettersOf(redis.look, queue)).toMatchObject([{ reason: 'out of deliveries' }]);
    expect(attempts).toEqual([1]);
  });

  it('fails where it must not be repeated, and nothing else would end the request', async () => {
    const client = await startClient(isPush);
    const queue = randomQueue();
    const error = await failureOf(client.send(queue, 1, { maxDeliveries: 1, timeout: 0 }));
    expect(error).toBeInstanceOf(PushFailedError);
    expect(client.pending).toBe(0);
  });

  it('of a job whose condition no longer holds is removed again', async () => {
    const client = await startClient(isPush);
    const queue = randomQueue();
    const cancelled: string[] = [];
    const listener = redis.look.duplicate();
    await listener.subscribe(`${queue}cancel`);
    listener.on('message', (_channel, ids) => cancelled.push(...JSON.parse(ids)));
    const error = await failureOf(client.send(queue, 1, { maxQueueLength: 1 }));
    expect(error).toMatchObject({ code: 'QUEUE_FULL' });
    const [job = '[]'] = await redis.look.lrange(`${queue}requests`, 0, -1);
    await waitFor(() => cancelled.length === 1);
    expect(cancelled).toEqual([JSON.parse(job)[0]]);
    listener.disconnect();
  });
});

/** What is short passes through a script, and what is long beside it. */
const lengths = [
  ['short', 1],
  ['long', 100_000],
] as const;

it.each(lengths)(
  'a settle of a %s reply whose answer is lost is repeated without a warning',
  async (_, length) => {
    const queue = randomQueue();
    let runs = 0;
    @Injectable()
    class Worker {
      @OnJob(queue)
      run() {
        return String(++runs).padStart(length);
      }
    }
    const connection = await swallowAnswerTo(redis.port, (command) => command.includes('"r"'));
    await startApp({ connection }, [Worker]);
    const { client, log } = await startApp({ connection: redis.url, workers: false });
    expect(Number(await firstValueFrom(client.send(queue)))).toBe(1);
    await waitFor(async () => (await redis.look.keys(`${queue}active:*`)).length === 0);
    expect(Number(await firstValueFrom(client.send(queue)))).toBe(2);
    expect(log.text).not.toContain('no longer held');
  },
);

it('a take that is lost with a settle and was empty frees its slot for the next job', async () => {
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue, { concurrency: 1 })
    run(data: unknown) {
      return data;
    }
  }
  let settles = 0;
  const connection = await swallowAnswerTo(
    redis.port,
    (command) => command.includes('"r"') && !command.includes('blmove') && ++settles === 1,
  );
  await startApp({ connection }, [Worker]);
  const { client } = await startApp({ connection: redis.url, workers: false });
  expect(await firstValueFrom(client.send(queue, 1))).toBe(1);
  await waitFor(async () => (await redis.look.keys(`${queue}active:*`)).length === 0);
  expect(settles).toBe(1);
  for (const data of [2, 3]) {
    expect(await firstValueFrom(client.send(queue, data, { timeout: 3_000 }))).toBe(data);
  }
});

it.each(lengths)('%s jobs of an answer that is lost are found in their slot', async (_, length) => {
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(data: unknown) {
      return data;
    }
  }
  const { client } = await startApp({ connection: redis.url, workers: false });
  const count = length === 1 ? 300 : 20;
  const sent = Array.from({ length: count }, (_item, index) => String(index).padStart(length));
  const replies = sent.map((data) => firstValueFrom(client.send(queue, data)));
  await waitFor(async () => (await redis.look.llen(`${queue}requests`)) === sent.length);
  const connection = await swallowAnswerTo(redis.port, (command) => command.includes('"r"'));
  await startApp({ connection }, [Worker]);
  expect(await Promise.all(replies)).toEqual(sent);
});
