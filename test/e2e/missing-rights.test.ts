import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import {
  NoWorkersError,
  OnJob,
  PushFailedError,
  ReplyWorkers,
  RequestTimeoutError,
} from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { commandCalls } from '../support/command-calls.js';
import { failureOf } from '../support/failure-of.js';
import { hasEnded, startProcess } from '../support/processes.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { tellsRights } from '../support/tells-rights.js';
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

it.for([
  ['-rpush', 'RPUSH', '+rpush'],
  ['-@write', 'RPUSH', '+rpush'],
  ['%R~*', 'RPUSH on "QUEUErequests"', '~QUEUE*'],
  ['~other:*', 'RPUSH on "QUEUErequests"', '~QUEUE*'],
])(
  'a requester under %s is told what it may not, and what allows it',
  async ([rules = '', what = '', rule = ''], { skip }) => {
    skip(rules.includes('%') && !(await tellsRights(redis)), 'Redis 6.2 has no such rules');
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

/**
 * An application that serves a queue `one-` and sends to another, `two-`, as a user with these rules.
 * `lines` are those that say what the user lacks.
 */
async function startPoor(...rules: string[]) {
  const [one, two] = [`one-${randomQueue()}`, `two-${randomQueue()}`];
  const connection = await user('joe', ...rules);
  @Injectable()
  class Worker {
    @OnJob(one)
    run() {}
  }
  const { client, log } = await startApp({ connection }, [Worker]);
  await failureOf(client.send(two, 1, { timeout: 100 }));
  const lines = (): string[] =>
    about(log.lines, 'lacks rights').map((line) =>
      line.replaceAll(one, 'ONE').replaceAll(two, 'TWO'),
    );
  return { client, lines };
}

it.for([
  {
    rules: ['-renamenx', '-client', '+client|info'],
    lines: [
      /^warn .*: what was .* late \(CLIENT KILL\); jobs .* slower \(RENAMENX\); lost .* \(CLIENT LIST\); .* 5 s \(CLIENT UNBLOCK\)\. Allow them: ACL SETUSER joe \+client\|kill \+renamenx \+client\|list \+client\|unblock /,
    ],
  },
  {
    rules: ['-hget', '-zrem'],
    lines: [
      /^error .*: the jobs of lost workers are not given back \(HGET, ZREM\); no dead letters are kept \(ZREM, HGET\)\. Allow them: ACL SETUSER joe \+hget \+zrem /,
    ],
  },
  {
    rules: ['resetkeys', '~one-*'],
    lines: [
      /^error .*streams fail \(keys replies:\*\).* ACL SETUSER joe ~replies:\* /,
      /^error .*: no job is sent \(keys TWO\*\); no reply is read \(keys replies:\*\); .* ACL SETUSER joe ~TWO\* ~replies:\* /,
    ],
  },
  {
    rules: ['resetkeys', '~one-*', '~replies:*', '~reqrep:queues', '%R~two-*'],
    lines: [/^error .*: no job is sent \(keys TWO\*\); expired .* \(.*keys TWO\*\)\. /],
  },
  {
    rules: ['resetchannels', '&one-*', '&reqrep:control'],
    lines: [
      /^error .*: cancelled .* \(PUBLISH on TWOcancel\).* ACL SETUSER joe \+publish &TWOcancel /,
    ],
  },
])('what a user lacks under $rules is said at the start', async ({ rules, lines }, { skip }) => {
  skip(!(await tellsRights(redis)), 'this server does not tell it');
  const poor = await startPoor(...rules);
  await waitFor(() => poor.lines().length >= lines.length);
  expect(poor.lines()).toEqual(lines.map((line) => expect.stringMatching(line) as string));
});

it('what a user lacks is said once, until it changes', async ({ skip }) => {
  skip(!(await tellsRights(redis)), 'this server does not tell it');
  const { client, lines } = await startPoor('-renamenx');
  const reconnect = async (): Promise<void> => {
    const before = await commandCalls(redis.look, 'eval');
    await redis.look.call('CLIENT', 'KILL', 'USER', 'joe');
    await waitFor(async () => (await commandCalls(redis.look, 'eval')) > before);
    await waitFor(async () => (await firstValueFrom(client.status$)) === 'ready');
  };
  expect(lines()).toHaveLength(1);
  await reconnect();
  expect(lines()).toHaveLength(1);
  await redis.look.call('ACL', 'SETUSER', 'joe', '-hget');
  await reconnect();
  expect(lines()).toEqual([
    expect.stringContaining('(RENAMENX)'),
    expect.stringMatching(
      /: the jobs of lost workers are not given back \(HGET\); no dead letters are kept \(HGET\)\. /,
    ),
  ]);
  await user('joe');
  await reconnect();
  await redis.look.call('ACL', 'SETUSER', 'joe', '-hget');
  await reconnect();
  expect(lines()).toHaveLength(3);
});

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
