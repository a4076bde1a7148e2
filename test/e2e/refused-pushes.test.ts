import { Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { OnJob, PushFailedError, RequestTimeoutError, type JobContext } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { commandCalls } from '../support/command-calls.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

interface Trouble {
  readonly code: string;
  begin(look: Redis): Promise<unknown>;
  end(look: Redis): Promise<unknown>;
}

const TROUBLES: readonly Trouble[] = [
  {
    code: 'OOM',
    begin: (look) => look.config('SET', 'maxmemory', '1'),
    end: (look) => look.config('SET', 'maxmemory', '0'),
  },
  {
    code: 'NOREPLICAS',
    begin: (look) => look.config('SET', 'min-replicas-to-write', '1'),
    end: (look) => look.config('SET', 'min-replicas-to-write', '0'),
  },
  {
    code: 'READONLY',
    begin: (look) => look.replicaof('127.0.0.1', 1),
    end: (look) => look.replicaof('NO', 'ONE'),
  },
];
const [OOM] = TROUBLES as [Trouble];

afterEach(async () => {
  await Promise.all(TROUBLES.map(({ end }) => end(redis.look)));
});

/** The data of the jobs that wait, in their order. */
const waitingIn = async (queue: string): Promise<unknown[]> =>
  (await redis.look.lrange(`${queue}requests`, 0, -1)).map((element) => JSON.parse(element)[1]);

/** A client whose connection stands before the trouble begins. */
async function connected(options: object = {}) {
  const started = await startApp({ connection: redis.url, workers: false, ...options });
  await firstValueFrom(started.client.emit(randomQueue()));
  return started;
}

const refusalSaid = (text: string): number => text.split('Redis refuses jobs').length - 1;

describe.each(TROUBLES)('while Redis answers $code', ({ code, begin, end }) => {
  it('jobs are kept, and pushed in their order when that is over', async () => {
    const queue = randomQueue();
    const { client, log } = await connected();
    await begin(redis.look);
    const receipts: Promise<unknown>[] = [];
    for (let data = 0; data < 50; data++) {
      // Every tenth one is guarded, which is a script, and every third must not be pushed twice.
      const guard = data % 10 === 0 ? { maxQueueLength: 1_000 } : {};
      const once = data % 3 === 0 ? { maxDeliveries: 1 } : {};
      receipts.push(firstValueFrom(client.emit(queue, data, { ...guard, ...once })));
      if (data % 5 === 0) {
        await waitFor(() => log.text.includes(code));
        await redis.look.ping();
      }
    }
    expect(await waitingIn(queue)).toEqual([]);
    await end(redis.look);
    await Promise.all(receipts);
    expect(await waitingIn(queue)).toEqual(receipts.map((_, data) => data));
    const elements = await redis.look.lrange(`${queue}requests`, 0, -1);
    // A refused push was not carried out: none of them counts as a possible delivery.
    expect(elements.filter((element) => !element.startsWith('['))).toEqual([]);
    await waitFor(() => log.text.includes('Redis accepts jobs again'));
    expect(refusalSaid(log.text)).toBe(1);
    expect(log.text).toContain(`queue "${queue}"`);
  });

  it('a request waits for its time, and then says what it waited for', async () => {
    const queue = randomQueue();
    const { client } = await connected();
    await begin(redis.look);
    for (const options of [{ timeout: 300 }, { timeout: 300, maxDeliveries: 1 }]) {
      const error = await failureOf(client.send(queue, 1, options));
      expect(error).toBeInstanceOf(RequestTimeoutError);
      expect(error).toMatchObject({ refusal: expect.stringContaining(code), queue });
      expect((error as Error).message).toContain('was not sent');
    }
    const emitted = await failureOf(client.emit(queue, 1, { timeout: 300 }));
    expect(emitted).toMatchObject({
      code: 'REQUEST_TIMEOUT',
      refusal: expect.stringContaining(code),
    });
    await end(redis.look);
    await firstValueFrom(client.emit(queue, 'after'));
    // Those whose time was up are never pushed.
    expect(await waitingIn(queue)).toEqual(['after']);
    const later = await failureOf(client.send(queue, 2, { timeout: 200 }));
    expect(later).toMatchObject({ code: 'REQUEST_TIMEOUT', refusal: undefined, queueLength: 2 });
  });
});

it('a job that may run only once is answered when the trouble is over', async () => {
  const queue = randomQueue();
  const attempts: number[] = [];
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(data: unknown, job: JobContext) {
      attempts.push(job.attempt);
      return data;
    }
  }
  const { client, log } = await connected();
  await OOM.begin(redis.look);
  const reply = firstValueFrom(client.send(queue, 'once', { maxDeliveries: 1, timeout: 10_000 }));
  await waitFor(() => log.text.includes('OOM'));
  await OOM.end(redis.look);
  await startApp({ connection: redis.url }, [Worker]);
  expect(await reply).toBe('once');
  expect(attempts).toEqual([1]);
});

it('many that wait are not sent again and again', async () => {
  const queue = randomQueue();
  const { client, log } = await connected();
  await OOM.begin(redis.look);
  await redis.look.config('RESETSTAT');
  const receipts = Array.from({ length: 5_000 }, (_, data) =>
    firstValueFrom(client.emit(queue, { data, text: 'x'.repeat(1_000) })),
  );
  await waitFor(() => log.text.includes('OOM'));
  const refused = async (): Promise<number> =>
    Number(/cmdstat_rpush:.*rejected_calls=(\d+)/.exec(await redis.look.info('commandstats'))?.[1]);
  const atFirst = await refused();
  await waitFor(async () => (await refused()) >= atFirst + 3);
  // One job of those that wait tries each time.
  const bytes = Number(/total_net_input_bytes:(\d+)/.exec(await redis.look.info('stats'))?.[1]);
  expect(bytes).toBeLessThan(7_000_000);
  await OOM.end(redis.look);
  await Promise.all(receipts);
  expect(await redis.look.llen(`${queue}requests`)).toBe(5_000);
  expect(await commandCalls(redis.look, 'rpush')).toBeLessThan(100);
});

it('a refusal that stays fails its own jobs only, also among those that were kept', async () => {
  const [queue, wrong] = [randomQueue(), randomQueue()];
  const { client, log } = await connected();
  await redis.look.set(`${wrong}requests`, 'no list');
  await OOM.begin(redis.look);
  const emits = [queue, wrong, queue, wrong, queue].map((each, data) => client.emit(each, data));
  await waitFor(() => log.text.includes('OOM'));
  await OOM.end(redis.look);
  for (const [data, each] of emits.entries()) {
    if (data % 2 === 1) {
      expect(await failureOf(each)).toBeInstanceOf(PushFailedError);
    } else {
      await lastValueFrom(each);
    }
  }
  expect(await waitingIn(queue)).toEqual([0, 2, 4]);
});

it('replies are read while Redis refuses to write', async () => {
  const queue = randomQueue();
  const { client, log } = await connected();
  const replies = lastValueFrom(client.send(queue, 1).pipe(toArray()));
  const later = firstValueFrom(client.send(queue, 2));
  await waitFor(async () => (await redis.look.llen(`${queue}requests`)) === 2);
  const jobs = await redis.look.lrange(`${queue}requests`, 0, -1);
  const [first, second] = jobs.map((job) => JSON.parse(job)) as [Job, Job];
  await OOM.begin(redis.look);
  await redis.look.call('CLIENT', 'KILL', 'TYPE', 'NORMAL', 'SKIPME', 'YES');
  await waitFor(() => log.text.includes('Cannot wait for replies'));
  // A script may push once it has made a change that needs no memory, as the one that settles does.
  const lua = `redis.call('DEL', KEYS[1] .. ':none') return redis.call('RPUSH', KEYS[1], ARGV[1])`;
  const push = ([id, , { c }]: Job, value: number): Promise<unknown> =>
    redis.look.eval(lua, 1, `replies:${c}`, JSON.stringify([id, 'r', value]));
  await push(first, 11);
  expect(await replies).toEqual([11]);
  await push(second, 22);
  expect(await later).toBe(22);
  await OOM.end(redis.look);
  expect(log.text.split('Cannot wait for replies')).toHaveLength(2);
  // Nest has one logger for all applications of a process, that of the last.
  const { Worker, queue: other } = answering();
  const worker = await startApp({ connection: redis.url }, [Worker]);
  expect(await firstValueFrom(client.send(other))).toBe('answered');
  await waitFor(() => worker.log.text.includes('Waiting for replies in'));
});

type Job = [id: string, data: unknown, meta: { c: string }];

/** A worker of a queue of its own. */
function answering() {
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue)
    run() {
      return 'answered';
    }
  }
  return { Worker, queue };
}
