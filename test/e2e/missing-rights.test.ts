import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { Injectable } from '@nestjs/common';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { expect, it } from 'vitest';
import {
  NoWorkersError,
  OnJob,
  PushFailedError,
  ReplyWorkers,
  RequestTimeoutError,
  type JobContext,
} from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { hasEnded, startProcess } from '../support/processes.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

/** A user with all rights but some. @returns the URL of the server for it. */
async function user(name: string, ...rules: string[]): Promise<string> {
  const all = ['reset', 'on', '>secret', '~*', '&*', '+@all'];
  await redis.look.call('ACL', 'SETUSER', name, ...all, ...rules);
  return redis.url.replace('//', `//${name}:secret@`);
}

/** How many lines of a log are about something, and which is the first. */
const about = (lines: readonly string[], text: string): string[] =>
  lines.filter((line) => line.includes(text));

const LUA = /redis\.call|local |@user_script|script: [0-9a-f]/;

it.each([
  ['-rpush', 'RPUSH', '+rpush'],
  ['-@write', 'RPUSH', '+rpush'],
  ['%R~*', 'RPUSH on "QUEUErequests"', '~QUEUE*'],
  ['~other:*', 'RPUSH on "QUEUErequests"', '~QUEUE*'],
])(
  'a requester under %s is told what it may not, and what allows it',
  async (rules, what, rule) => {
    const queue = randomQueue();
    const keys = rules.includes('~') ? ['resetkeys'] : [];
    const { client } = await startApp({
      connection: await user('joe', ...keys, rules),
      workers: false,
    });
    const error = (await failureOf(client.send(queue, { a: 'secret data' }))) as PushFailedError;
    expect(error).toBeInstanceOf(PushFailedError);
    const fill = (text: string): string => text.replace('QUEUE', queue);
    expect(error.message).toMatch(/could not be pushed: Redis at \S+:\d+ refuses user "joe" /);
    expect(error.message).toContain(`${fill(what)}. Allow it: ACL SETUSER joe ${fill(rule)}`);
    expect(error.cause).toMatchObject({ name: 'ReplyError' });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/secret data/);
    await redis.look.call('ACL', 'SETUSER', 'joe', rule.includes('~') ? `~${queue}*` : rule);
    expect(await firstValueFrom(client.emit(queue, 1))).toMatchObject({ queue });
  },
);

it.each(['-@scripting', '-eval', '-evalsha'])(
  'a condition of a call that %s forbids to check says so',
  async (rule) => {
    const { client } = await startApp({ connection: await user('joe', rule), workers: false });
    const queue = randomQueue();
    // The first is sent by its text, the next by its name.
    const errors = [];
    for (let i = 0; i < 2; i++) {
      errors.push(await failureOf(client.send(queue, 'secret', { requireWorker: true })));
    }
    const refused = errors.filter((error) => !(error instanceof NoWorkersError));
    expect(refused.length).toBeGreaterThan(0);
    for (const error of refused) {
      expect(String(error)).toContain('Allow it: ACL SETUSER joe +eval +evalsha');
      expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(LUA);
    }
  },
);

it.each([
  ['-blmove', '+blmove', 'its reply cannot be read'],
  ['-@blocking', '+blmove', 'its reply cannot be read'],
  ['-@scripting', '+eval +evalsha', 'the state of the queue cannot be read'],
])('a request that times out under %s says why', async (rule, allowance, why) => {
  const { client, log } = await startApp({ connection: await user('joe', rule), workers: false });
  const error = await failureOf(client.send(randomQueue(), 1, { timeout: 400 }));
  expect(error).toBeInstanceOf(RequestTimeoutError);
  expect(String(error)).toContain(`${why}. Redis at `);
  expect(String(error)).toContain(`ACL SETUSER joe ${allowance}`);
  expect((error as Error).cause).toMatchObject({ name: 'ReplyError' });
  expect(inspect(error, { depth: 9, showHidden: true }) + log.text).not.toMatch(LUA);
});

it.each([
  ['-@scripting', 'EVAL', '+eval +evalsha'],
  ['-zadd', 'ZADD in a script', '+zadd'],
  ['-@write', 'PERSIST in a script', '+persist'],
  ['~other:*', 'on "QUEUEworkers", "QUEUEworker:', '~QUEUE*'],
  ['-@blocking', 'BLMOVE', '+blmove'],
  ['-blmove', 'BLMOVE', '+blmove'],
])(
  'a worker under %s says so once, in its status as well, and serves once it may',
  async (rule, what, allowance) => {
    const queue = randomQueue();
    const keys = rule.includes('~') ? ['resetkeys'] : [];
    const connection = await user('joe', ...keys, rule);
    @Injectable()
    class Worker {
      @OnJob(queue)
      run(data: unknown) {
        return data;
      }
    }
    const started = startApp({ connection }, [Worker]);
    const { app, log } = await started;
    const workers = app.get(ReplyWorkers);
    const fill = (text: string): string => text.replaceAll('QUEUE', queue);
    await waitFor(() => workers.status.queues[0]?.refusal !== undefined);
    const { refusal = '' } = workers.status.queues[0] ?? {};
    expect(refusal).toMatch(/^Redis at \S+:\d+ refuses user "joe" /);
    expect(refusal).toContain(fill(what));
    expect(refusal).toContain(`ACL SETUSER joe ${fill(allowance)}`);
    expect(about(log.lines, 'refuses user "joe"')).toEqual([expect.stringMatching(/^error /)]);
    expect(about(log.lines, queue)[0]).not.toMatch(LUA);
    await user('joe');
    const { client } = await startApp({ connection: redis.url, workers: false });
    expect(await firstValueFrom(client.send(queue, 1, { timeout: 15_000 }))).toBe(1);
    expect(workers.status.queues[0]?.refusal).toBeUndefined();
  },
);

it('a worker that stays refused asks more and more seldom', async () => {
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(data: unknown) {
      return data;
    }
  }
  await startApp({ connection: await user('joe', '-@scripting'), lease: 300 }, [Worker]);
  const refused = async (): Promise<number> =>
    Number(/errorstat_NOPERM:count=(\d+)/.exec(await redis.look.info('errorstats'))?.[1] ?? 0);
  // 50, 100, ..., 3 200 ms: the start has waited for 3 s, and the next wait is longer than the lease by far.
  const before = await refused();
  await delay(1_500);
  expect((await refused()) - before).toBeLessThan(4);
});

it('a process that catches the error of a request without rights ends by itself once it has closed', async () => {
  const child = await startProcess('without-rights', {
    REDIS_URL: await user('joe', 'resetkeys'),
  });
  const closedAt = performance.now();
  await waitFor(() => hasEnded(child));
  expect(performance.now() - closedAt).toBeLessThan(2_000);
  expect(child.exitCode).toBe(0);
});

it('the users that docs/operations.md shows may do all that is needed, and nothing is refused to them', async () => {
  const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const lines = page.match(/^ *ACL SETUSER .*$/gm) ?? [];
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    await redis.look.call('ACL', ...line.trim().split(' ').slice(1));
  }
  await redis.look.call('ACL', 'LOG', 'RESET');
  const asUser = (name: string): string => redis.url.replace('//', `//${name}:secret@`);
  let aborted = 0;
  @Injectable()
  class Worker {
    @OnJob('reports', { concurrency: 4, maxDeliveries: 2 })
    async run(data: unknown, job: JobContext) {
      if (data === 'long') {
        return 'x'.repeat(200_000);
      }
      if (data === 'wait') {
        await new Promise((resolve) => job.signal.addEventListener('abort', resolve));
        aborted++;
      }
      return data === 'stream' ? rows() : data;
    }
  }
  async function* rows() {
    for (let i = 0; i < 3; i++) {
      await delay(1);
      yield i;
    }
  }
  const lost = await startProcess('worker', {
    QUEUE: 'reports',
    REDIS_URL: asUser('worker'),
    CONCURRENCY: '1',
    OPTIONS: JSON.stringify({ lease: 300 }),
  });
  const requester = { connection: asUser('requester'), workers: false as const };
  const { client } = await startApp(requester);
  const poisoned = failureOf(client.send('reports', 'poison', { maxDeliveries: 1 }));
  await waitFor(() => hasEnded(lost));
  const { app, log } = await startApp({ connection: asUser('worker'), lease: 300 }, [Worker]);
  await redis.look.rpush('reportsrequests', 'no job');
  expect(await poisoned).toMatchObject({ code: 'WORKER_LOST' });
  const ask = (data: unknown, options = {}) => lastValueFrom(client.send('reports', data, options));
  expect(await ask(1, { requireWorker: true, maxQueueLength: 1_000 })).toBe(1);
  const many = Array.from({ length: 600 }, (_, index) => index);
  expect(await Promise.all(many.map((each) => ask(each)))).toEqual(many);
  expect(await Promise.all(many.slice(0, 20).map(() => ask('long')))).toHaveLength(20);
  expect(await lastValueFrom(client.send('reports', 'stream').pipe(toArray()))).toEqual([0, 1, 2]);
  expect(await failureOf(client.send('reports', 'wait', { timeout: 300 }))).toMatchObject({
    code: 'REQUEST_TIMEOUT',
  });
  await waitFor(() => aborted === 1);
  await app.get(ReplyWorkers).pause('reports');
  expect(await failureOf(client.send('reports', 1, { timeout: 100 }))).toMatchObject({
    workers: 1,
  });
  const llen = () => redis.look.llen('reportsrequests');
  await waitFor(async () => (await llen()) === 0); // the client prunes it
  app.get(ReplyWorkers).resume('reports');
  expect(await ask(2)).toBe(2);
  await app.close();
  const refused = (await redis.look.call('ACL', 'LOG')) as unknown[][];
  const told = refused.map((entry) => entry.slice(0, 10).join(' '));
  // By it ioredis says how it is called, where the server is new enough, and does without.
  expect(told.filter((text) => !text.includes('client|setinfo'))).toEqual([]);
  expect(log.text).not.toContain('refuses');
});
