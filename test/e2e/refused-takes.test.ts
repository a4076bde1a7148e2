import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { firstValueFrom } from 'rxjs';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { OnJob, ReplyWorkers } from '../../lib/index.js';
import { startApp, type TestApp } from '../support/app.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { majorVersion } from '../support/server-version.js';
import { waitFor } from '../support/wait-for.js';
import { waitingConnections } from '../support/waiting-connections.js';

const redis = useRedis();
const elsewhere = useRedis();

let queue: string;
/** What the handler was given, in order. */
let ran: unknown[];

beforeEach(async () => {
  await redis.look.config('RESETSTAT');
  queue = randomQueue();
  ran = [];
});

function startWorker(user = '', concurrency = 16): Promise<TestApp> {
  @Injectable()
  class Worker {
    @OnJob(queue, { concurrency })
    run(data: unknown) {
      ran.push(data);
    }
  }
  return startApp({ connection: redis.url.replace('//', `//${user}`) }, [Worker]);
}

const push = (...data: unknown[]): Promise<number> =>
  redis.look.rpush(
    `${queue}requests`,
    ...data.map((each) => JSON.stringify([`id-${each}`, each, {}])),
  );

const isWaiting = async (): Promise<boolean> =>
  (await waitingConnections(redis.look)).some((line) => line.includes(encodeURIComponent(queue)));

const areAllReleased = async (): Promise<boolean> =>
  (await redis.look.keys(`${queue}active:*`)).length === 0;

/** The user that workers connect as. */
const limit = (...rules: string[]): Promise<unknown> =>
  redis.look.call('ACL', 'SETUSER', 'worker', 'on', '>secret', '~*', '&*', '+@all', ...rules);

/** Calls of a command that were refused before they were carried out. */
async function refusedCalls(command: string): Promise<number> {
  const stats = await redis.look.info('commandstats');
  const line = stats.split('\n').find((each) => each.startsWith(`cmdstat_${command}:`)) ?? '';
  return Number(/rejected_calls=(\d+)/.exec(line)?.[1] ?? 0);
}

const about = (log: TestApp['log'], text: string): string[] =>
  log.lines.filter((line) => line.includes(queue) && line.includes(text));

it.each([
  ['the wait for a job', 'blmove'],
  ['all that moves a job', 'blmove -rename -rpush'],
])('a worker goes on when its user is allowed again what was refused: %s', async (_, commands) => {
  await limit(...`-${commands}`.split(' '));
  const { log } = await startWorker('worker:secret@', 1);
  await push(1, 2, 3);
  await waitFor(async () => (await refusedCalls('blmove')) > 3);
  expect(about(log, 'Cannot take jobs')).toEqual([
    expect.stringMatching(
      /^error .*Redis at \S+:\d+ refuses user "worker" BLMOVE\. Allow it: ACL SETUSER worker \+blmove\);/,
    ),
  ]);
  await limit();
  await waitFor(() => ran.length === 3);
  await waitFor(() => about(log, 'Taking jobs from queue').length === 1);
  expect(ran).toEqual([1, 2, 3]);
  await waitFor(areAllReleased);
});

it('a worker logs which key is not a list, and goes on when it is deleted', async () => {
  await redis.look.set(`${queue}requests`, 'no list');
  const { log } = await startWorker();
  const hasCome = /WRONGTYPE:count=([4-9]|\d\d)/;
  await waitFor(async () => hasCome.test(await redis.look.info('errorstats')));
  expect(about(log, 'Cannot take jobs')).toEqual([
    expect.stringMatching(/WRONGTYPE: .* at one of ".*requests", .*Rename or delete/),
  ]);
  await redis.look.del(`${queue}requests`);
  await push(1);
  await waitFor(() => ran.length === 1);
});

it.each([
  ['NOREPLICAS', 'min-replicas-to-write', '1', '0'],
  ['OOM', 'maxmemory', '1', '0'],
])(
  'a worker goes on by itself when a refusal with %s has passed',
  async (code, option, bad, good) => {
    const { log } = await startWorker('', 2);
    await waitFor(isWaiting);
    await redis.look.config('SET', option, bad);
    onTestFinished(async () => {
      await redis.look.config('SET', option, good);
    });
    const [, id = ''] = /\bid=(\d+)/.exec((await waitingConnections(redis.look)).join()) ?? [];
    await redis.look.client('UNBLOCK', id);
    await waitFor(() => log.text.includes(`(${code} `));
    await redis.look.config('SET', option, good);
    await push(1, 2, 3);
    await waitFor(() => ran.length === 3);
    await waitFor(areAllReleased);
    expect(about(log, code)).toHaveLength(1);
    expect(log.text).not.toContain('error');
  },
);

it('a worker drains a server without memory when nobody waits for the jobs', async () => {
  const count = 30;
  await push(...Array.from({ length: count }, (_, index) => index));
  const { app, log } = await startWorker('', 64);
  // The worker is known before the server is full.
  await waitFor(() => ran.length === count);
  const workers = app.get(ReplyWorkers);
  await workers.pause(queue);
  await push(...Array.from({ length: count }, (_, index) => index));
  await redis.look.config('SET', 'maxmemory', '1');
  onTestFinished(async () => {
    await redis.look.config('SET', 'maxmemory', '0');
  });
  workers.resume(queue);
  await waitFor(() => ran.length === 2 * count);
  await waitFor(areAllReleased);
  expect(await redis.look.llen(`${queue}requests`)).toBe(0);
  expect(about(log, 'OOM').length).toBeLessThanOrEqual(1);
  // It asks again, but not without a break.
  const before = await refusedCalls('blmove');
  await waitFor(async () => (await refusedCalls('blmove')) > before + 1);
  await redis.look.config('SET', 'maxmemory', '0');
  await waitFor(isWaiting);
});

it('a worker whose lease was refused goes on when it is renewed, and other queues are served meanwhile', async () => {
  await startWorker();
  const other = randomQueue();
  @Injectable()
  class Other {
    @OnJob(other)
    run(data: unknown) {
      return data;
    }
  }
  // Nest has one logger for all applications of a process, that of the last.
  const { client, log } = await startApp({ connection: redis.url }, [Other]);
  await waitFor(isWaiting);
  await redis.look.del(`${queue}workers`);
  await redis.look.set(`${queue}workers`, 'no set');
  const lines = await waitingConnections(redis.look);
  const line = lines.find((each) => each.includes(encodeURIComponent(queue))) ?? '';
  const started = performance.now();
  await redis.look.call('CLIENT', 'KILL', 'ID', /\bid=(\d+)/.exec(line)?.[1] ?? '');
  const hasCome = /WRONGTYPE:count=([6-9]|\d\d)/;
  await waitFor(async () => hasCome.test(await redis.look.info('errorstats')));
  expect(performance.now() - started).toBeGreaterThan(500);
  expect(about(log, 'takes no jobs')).toEqual([
    expect.stringMatching(
      /^error .*Cannot renew the lease .* in ".*workers".*WRONGTYPE.*Rename or delete/,
    ),
  ]);
  expect(await firstValueFrom(client.send(other, 1))).toBe(1);
  await redis.look.del(`${queue}workers`);
  await push(1);
  await waitFor(() => ran.length === 1);
});

it('a worker goes on when its server has become a replica and a primary again', async () => {
  const { log } = await startWorker();
  await waitFor(isWaiting);
  await redis.look.call('REPLICAOF', '127.0.0.1', '1');
  onTestFinished(async () => {
    await redis.look.call('REPLICAOF', 'NO', 'ONE');
  });
  await waitFor(() => log.text.includes('is a replica'));
  await redis.look.call('REPLICAOF', 'NO', 'ONE');
  await push(1);
  await waitFor(() => ran.length === 1);
  expect(log.lines.filter((line) => line.includes('is a replica'))).toHaveLength(1);
});

it('a refused CLIENT UNBLOCK is not repeated for the wait of an idle worker', async ({ skip }) => {
  skip((await majorVersion()) < 7, 'Redis 6.2 refuses no subcommand alone');
  await limit('-client|unblock');
  const { app } = await startWorker('worker:secret@');
  await waitFor(isWaiting);
  await app.get(ReplyWorkers).pause(queue);
  expect(await refusedCalls('client|unblock')).toBe(1);
  await push(1);
  app.get(ReplyWorkers).resume(queue);
  await waitFor(() => ran.length === 1);
});

it('CLIENT UNBLOCK is not sent to another server, where the id belongs to another client', async () => {
  @Injectable()
  class Worker {
    @OnJob(queue)
    run() {}
  }
  // The first connection is the one for commands: it was led to another server, as behind one name.
  let made = 0;
  const connection = () =>
    new Redis(made++ === 0 ? elsewhere.url : redis.url, { lazyConnect: true });
  const { app } = await startApp({ connection }, [Worker]);
  await waitFor(isWaiting);
  await elsewhere.look.config('RESETSTAT');
  await app.get(ReplyWorkers).pause(queue);
  expect(await elsewhere.look.info('commandstats')).not.toContain('unblock');
});

it.each([1, 5])(
  'a worker drains a server without memory of more jobs than it runs at a time: %i of 200',
  async (concurrency) => {
    const { app } = await startWorker('', concurrency);
    await waitFor(isWaiting);
    const workers = app.get(ReplyWorkers);
    await workers.pause(queue);
    const sent = Array.from({ length: 200 }, (_, index) => index);
    await push(...sent);
    await redis.look.config('SET', 'maxmemory', '1');
    onTestFinished(async () => {
      await redis.look.config('SET', 'maxmemory', '0');
    });
    workers.resume(queue);
    await waitFor(() => ran.length === sent.length);
    expect(ran).toEqual(sent);
    await waitFor(areAllReleased);
  },
);
