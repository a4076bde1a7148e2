import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OnJob, ReplyWorkers, type JobContext } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { commandCalls } from '../support/command-calls.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { seenCommands } from '../support/seen-commands.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();
const quick = { lease: 300, stallLimit: 60_000 };

/** A worker that says how often a job was started, after so many ms. */
function echoing(queue: string, ms = 0) {
  @Injectable()
  class Worker {
    @OnJob(queue, { concurrency: 1, maxDeliveries: 3 })
    async run(data: unknown, job: JobContext) {
      await delay(ms);
      return { data, attempt: job.attempt };
    }
  }
  return Worker;
}

const serverField = async (name: string): Promise<string> =>
  new RegExp(`^${name}:(.*)\r$`, 'm').exec(await redis.look.info('server'))?.[1] ?? '';

/** The entry of a worker whose lease has lapsed, with jobs in its first slot. */
async function lapsed(
  queue: string,
  id: string,
  hash: Readonly<Record<string, string | number>>,
  ...jobs: string[]
): Promise<string> {
  await redis.look.zadd(`${queue}workers`, Date.now() - 1_000, id);
  await redis.look.hset(`${queue}worker:${id}`, { slots: 4, host: 'gone', pid: 1, ...hash });
  const slot = `${queue}active:${id}:0`;
  if (jobs.length > 0) {
    await redis.look.rpush(slot, ...jobs);
  }
  return slot;
}

/** Waits until the lease of the only worker that lives was renewed some times. */
async function renewals(queue: string, count: number): Promise<void> {
  const ends = new Set<string>();
  await waitFor(async () => {
    const [, end] = await redis.look.zrange(`${queue}workers`, -1, '-1', 'WITHSCORES');
    ends.add(String(end));
    return ends.size > count;
  });
}

it('live workers keep their jobs when Redis refuses writes for longer than `stallLimit`', async () => {
  const queue = randomQueue();
  const refuse = (replicas: string) => redis.look.config('SET', 'min-replicas-to-write', replicas);
  onTestFinished(async () => void (await refuse('0')));
  const options = { connection: redis.url, lease: 200, stallLimit: 700 };
  for (let index = 0; index < 3; index++) {
    await startApp(options, [echoing(queue, 3_000)]);
  }
  // Nest hands the lines of all applications to the last logger.
  const { client, log } = await startApp({ connection: redis.url, workers: false });
  const replies = [1, 2, 3].map((data) =>
    lastValueFrom(client.send(queue, data, { maxDeliveries: 1 })),
  );
  await waitFor(async () => (await redis.look.keys(`${queue}active:*`)).length === 3);
  await refuse('1');
  await delay(1_500);
  await refuse('0');
  expect(await Promise.all(replies)).toEqual([1, 2, 3].map((data) => ({ data, attempt: 1 })));
  expect(log.text).not.toContain('is lost');
  expect(log.text.match(/Cannot renew the lease/g)).toHaveLength(3);
  expect(client.droppedReplies).toBe(0);
});

describe('a worker that has just started', () => {
  const job = JSON.stringify(['job-1', 'left behind']);

  it('recovers at once the jobs of a worker that used the same server', async () => {
    const queue = randomQueue();
    const server = await serverField('run_id');
    const hash = { server, connections: '9999999@127.0.0.1:1' };
    await lapsed(queue, 'old', hash, job);
    await startApp({ connection: redis.url, ...quick }, [echoing(queue)]);
    expect(await redis.look.blpop(`${queue}replies:job-1`, 5)).toContain(
      '{"data":"left behind","attempt":2}',
    );
    await waitFor(async () => (await redis.look.zcard(`${queue}workers`)) === 1);
  });

  it.each([
    ['used another server', { server: 'another' }],
    ['is of an earlier version', {}],
  ])('does not yet recover the jobs of a worker that %s', async (_, hash) => {
    const queue = randomQueue();
    const slot = await lapsed(queue, 'old', { ...hash, connections: '9999999@127.0.0.1:1' }, job);
    await startApp({ connection: redis.url, ...quick }, [echoing(queue)]);
    await renewals(queue, 5);
    expect(await redis.look.lrange(slot, 0, -1)).toEqual([job]);
  });
});

it('a worker whose connection is closed whenever it is idle still recovers the jobs of others', async () => {
  const queue = randomQueue();
  const server = await serverField('run_id');
  await startApp({ connection: redis.url, lease: 3_000 }, [echoing(queue)]);
  const own = async (): Promise<string | undefined> =>
    /^id=(\d+) .*name=nestjs-reqrep:\S*:commands /m.exec(
      String(await redis.look.client('LIST')),
    )?.[1];
  for (let time = 0; time < 2; time++) {
    await renewals(queue, 1);
    const id = await own();
    await redis.look.call('CLIENT', 'KILL', 'ID', String(id));
    await waitFor(async () => ![undefined, id].includes(await own()));
  }
  await renewals(queue, 1);
  const job = JSON.stringify(['job-1', 'left behind']);
  await lapsed(queue, 'old', { server, connections: '9999999@127.0.0.1:1' }, job);
  expect(await redis.look.blpop(`${queue}replies:job-1`, 5)).toContain(
    '{"data":"left behind","attempt":2}',
  );
});

describe('where the server does not show connections', () => {
  it('lost workers are removed, however many, and their jobs are recovered without a flood of commands', async () => {
    const queue = randomQueue();
    await redis.look.call(
      'ACL',
      ...'SETUSER safe on nopass allkeys allchannels +@all -@dangerous'.split(' '),
    );
    const connection = redis.url.replace('redis://', 'redis://safe:x@');
    for (let index = 0; index < 40; index++) {
      await lapsed(queue, `old-${index}`, { slots: 256, connections: '9999999@127.0.0.1:1' });
    }
    await redis.look.rpush(`${queue}active:old-39:200`, JSON.stringify(['job-1', 'the last']));
    const other = randomQueue();
    await lapsed(other, 'old', { connections: '9999999@127.0.0.1:1' });
    const { log } = await startApp({ connection, lease: 200, stallLimit: 1_000 }, [
      echoing(queue),
      echoing(other),
    ]);
    await redis.look.config('RESETSTAT');
    await redis.look.blpop(`${queue}replies:job-1`, 10);
    const start = performance.now();
    const names = ['lrange', 'llen', 'hget', 'hstrlen', 'exists', 'evalsha', 'client|list'];
    const calls = await Promise.all(names.map((name) => commandCalls(redis.look, name)));
    expect(calls.reduce((sum, count) => sum + count)).toBeLessThan(1_000);
    await waitFor(async () => (await redis.look.zcard(`${queue}workers`)) === 1);
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(await redis.look.keys(`${queue}worker:*`)).toHaveLength(1);
    expect(log.linesOfWork.filter((line) => line.includes('stallLimit'))).toHaveLength(1);
    expect(log.text).toContain('1 job given back');
  });
});

describe('what others have written', () => {
  it.each<[string, (queue: string) => Promise<unknown>]>([
    ['an absurd number of slots', (queue) => lapsed(queue, 'evil', { slots: 50_000_000 })],
    ['slots that are no number', (queue) => lapsed(queue, 'evil', { slots: 'NaN' })],
    [
      'a description that is none',
      async (queue) => {
        await redis.look.zadd(`${queue}workers`, '-inf', 'evil');
        await redis.look.set(`${queue}worker:evil`, 'no hash');
      },
    ],
    [
      'a slot that is none',
      async (queue) => redis.look.set(await lapsed(queue, 'evil', {}), 'no list'),
    ],
  ])('does not keep workers from recovering jobs: %s', async (_, write) => {
    const queue = randomQueue();
    await write(queue);
    const hash = { server: await serverField('run_id'), connections: '9999999@127.0.0.1:1' };
    await lapsed(queue, 'old', hash, JSON.stringify(['job-1', 'left behind']));
    const { log } = await startApp({ connection: redis.url, lease: 200, stallLimit: 300 }, [
      echoing(queue),
    ]);
    expect(await redis.look.blpop(`${queue}replies:job-1`, 5)).toContain(
      '{"data":"left behind","attempt":2}',
    );
    await renewals(queue, 10);
    expect(log.text.length).toBeLessThan(10_000);
    expect(log.lines.filter((line) => line.includes('evil')).length).toBeLessThanOrEqual(1);
  });
});

it('the jobs of a lost worker are recovered in parts, in their order', async () => {
  const queue = randomQueue();
  const hash = { server: await serverField('run_id'), connections: '9999999@127.0.0.1:1' };
  const filler = 'x'.repeat(500_000);
  const element = (index: number) => JSON.stringify([`job-${index}`, filler]);
  await lapsed(queue, 'old', hash);
  for (let index = 0; index < 40; index++) {
    await redis.look.rpush(`${queue}active:old:${Math.floor(index / 20)}`, element(index));
  }
  // Nobody takes them meanwhile.
  @Injectable()
  class Worker {
    @OnJob(queue)
    run() {
      return 'done';
    }
  }
  const commands = await seenCommands(redis.look);
  const options = { connection: redis.url, ...quick, workers: 'manual' } as const;
  const { app, log } = await startApp(options, [Worker]);
  const workers = app.get(ReplyWorkers);
  await workers.pause(queue);
  await workers.start();
  await waitFor(async () => (await redis.look.llen(`${queue}requests`)) === 40);
  await waitFor(() => log.text.includes('40 jobs given back'));
  const ids = (await redis.look.lrange(`${queue}requests`, 0, -1)).map(
    (job) => /job-\d+/.exec(job)?.[0],
  );
  expect(ids).toEqual(Array.from({ length: 40 }, (_, index) => `job-${index}`));
  expect(await redis.look.keys(`${queue}active:*`)).toEqual([]);
  // No script sees more than 2 MB of them.
  const calls = commands.filter(
    ({ name, args }) =>
      name === 'evalsha' && args.some((arg) => arg.startsWith(`${queue}active:old`)),
  );
  expect(calls.length).toBeGreaterThanOrEqual(5);
});

it('the jobs of a lost worker that ran thousands at a time are recovered', async () => {
  const queue = randomQueue();
  const hash = { server: await serverField('run_id'), connections: '9999999@127.0.0.1:1' };
  await lapsed(queue, 'old', { ...hash, slots: 80_000 });
  for (const slot of [1, 40_000, 79_999]) {
    await redis.look.rpush(`${queue}active:old:${slot}`, JSON.stringify([`job-${slot}`, null]));
  }
  await startApp({ connection: redis.url, ...quick }, [echoing(queue)]);
  for (const slot of [1, 40_000, 79_999]) {
    expect(await redis.look.blpop(`${queue}replies:job-${slot}`, 5)).not.toBeNull();
  }
  await waitFor(async () => (await redis.look.zcard(`${queue}workers`)) === 1);
});

it('a handler that runs 10 000 jobs at a time leaves nothing behind but its counts', async () => {
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue, { concurrency: 10_000 })
    run(data: unknown) {
      return data;
    }
  }
  const { app, client } = await startApp({ connection: redis.url }, [Worker]);
  expect(await firstValueFrom(client.send(queue, 1))).toBe(1);
  await app.close();
  expect(await redis.look.keys(`${queue}*`)).toEqual([`${queue}totals`]);
});
