import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { NoWorkersError, OnJob, ReplyWorkers, type JobContext } from '../../lib/index.js';
import { Keys } from '../../lib/protocol/keys.js';
import { refusalsIn } from '../support/acl-refusals.js';
import { startApp } from '../support/app.js';
import {
  documentedRules,
  documentedUser,
  DOCUMENTED_PREFIX as prefix,
  optionalCommands,
  type Role,
} from '../support/documented-users.js';
import { failureOf } from '../support/failure-of.js';
import { hasEnded, startProcess } from '../support/processes.js';
import { useRedis } from '../support/redis.js';
import { jobsOfAllKinds, type JobsOfAllKinds } from '../support/jobs-of-all-kinds.js';
import { tellsRights } from '../support/tells-rights.js';
import { waitFor } from '../support/wait-for.js';
import { countDead } from '../support/dead-letters.js';

const redis = useRedis();

/** The server, for the users that the page shows. */
let urls: Record<Role, string>;
beforeAll(async () => {
  urls = {
    requester: await documentedUser(redis, 'requester'),
    worker: await documentedUser(redis, 'worker'),
  };
});

/** @returns what was refused to users since the last reset. */
const refusals = async (): Promise<string[]> => refusalsIn(await redis.look.call('ACL', 'LOG'));

it('the users that docs/topologies.md shows may do all that is needed, and nothing is refused to them', async () => {
  await redis.look.call('ACL', 'LOG', 'RESET');
  let aborted = 0;
  async function* rows() {
    for (let i = 0; i < 3; i++) {
      await delay(1);
      yield i;
    }
  }
  @Injectable()
  class Worker {
    @OnJob('jobs-1', { concurrency: 4, maxDeliveries: 2 })
    async run(data: unknown, job: JobContext) {
      if (data === 'long') {
        return 'x'.repeat(200_000);
      }
      if (data === 'wait') {
        await new Promise((resolve) => job.signal.addEventListener('abort', resolve));
        aborted++;
      }
      return data === 'stream' ? rows() : { data, attempt: job.attempt };
    }
  }
  const lost = await startProcess('worker', {
    QUEUE: 'jobs-1',
    REDIS_URL: urls.worker,
    CONCURRENCY: '3',
    MS: '60000',
    OPTIONS: JSON.stringify({ lease: 300, prefix }),
  });
  const { client } = await startApp({ connection: urls.requester, prefix, workers: false });
  const ask = (data: unknown, options = {}) => lastValueFrom(client.send('jobs-1', data, options));
  expect(await failureOf(client.send('jobs-2', 1, { requireWorker: true }))).toBeInstanceOf(
    NoWorkersError,
  );
  const first = ask('first', { requireWorker: true });
  await waitFor(async () => (await redis.look.keys('app:jobs-1active:*')).length > 0);
  const poisoned = failureOf(client.send('jobs-1', 'poison', { maxDeliveries: 1 }));
  await waitFor(() => hasEnded(lost));
  const { app, log } = await startApp({ connection: urls.worker, prefix, lease: 300 }, [Worker]);
  await redis.look.rpush('app:jobs-1requests', 'no job');
  expect(await poisoned).toMatchObject({ code: 'WORKER_LOST' });
  expect(await first).toEqual({ data: 'first', attempt: 2 });
  await waitFor(async () => (await countDead(redis.look, 'app:jobs-1')) === 2);
  expect(await ask(1, { requireWorker: true, maxQueueLength: 1_000 })).toMatchObject({ data: 1 });
  expect(await firstValueFrom(client.emit('jobs-1', 1, { requireWorker: true }))).toMatchObject({
    queue: 'jobs-1',
  });
  const many = Array.from({ length: 600 }, (_, data) => ({ data, attempt: 1 }));
  expect(await Promise.all(many.map(({ data }) => ask(data)))).toEqual(many);
  expect(await Promise.all(many.slice(0, 20).map(() => ask('long')))).toHaveLength(20);
  expect(await lastValueFrom(client.send('jobs-1', 'stream').pipe(toArray()))).toEqual([0, 1, 2]);
  expect(await failureOf(client.send('jobs-1', 'wait', { timeout: 300 }))).toMatchObject({
    code: 'REQUEST_TIMEOUT',
  });
  await waitFor(() => aborted === 1);
  await app.get(ReplyWorkers).pause('jobs-1');
  expect(await failureOf(client.send('jobs-1', 1, { timeout: 100 }))).toMatchObject({
    workers: 1,
  });
  // The client prunes it.
  await waitFor(async () => (await redis.look.llen('app:jobs-1requests')) === 0);
  app.get(ReplyWorkers).resume('jobs-1');
  expect(await ask(2)).toMatchObject({ data: 2 });
  await app.close();
  expect(await refusals()).toEqual([]);
  expect(log.text).not.toMatch(/refuses|lacks/);
});

/** What the documented users get. */
const USUAL = {
  echo: [1],
  guarded: [2],
  stream: [0, 1, 2],
  cancelled: 'REQUEST_TIMEOUT',
  expired: ['REQUEST_TIMEOUT', 'REQUEST_TIMEOUT'],
  aborted: 1,
  many: Array.from({ length: 20 }, () => 1),
  lost: [1, 0, 1],
  unreadable: [0, 1],
  unserved: [0, 1],
  long: Array.from({ length: 8 }, () => 100_000),
  workers: 0,
};

it('jobs of all kinds go well with the documented rights, and nothing is refused', async () => {
  await redis.look.call('ACL', 'LOG', 'RESET');
  const { results, lines } = await jobsOfAllKinds(redis, 'jobs-usual', urls, USUAL);
  expect(results).toEqual(USUAL);
  expect(lines.join()).not.toMatch(/refuses|lacks/);
  expect(await refusals()).toEqual([]);
});

/**
 * Expects that the lack of a command is said at the start, where the server tells it.
 * @returns what comes of jobs of all kinds without it, and whether it is named later as well.
 */
async function jobsWithout(
  without: string,
  role: Role,
  level: 'warn' | 'error',
  expected?: JobsOfAllKinds['results'],
) {
  const name = `${role}-without-${without.replace('|', '-')}`;
  const poor = await documentedUser(redis, role, { name, without: `+${without}` });
  const users = { ...urls, [role]: poor };
  const { results, lines } = await jobsOfAllKinds(redis, `jobs-${name}`, users, expected);
  const command = without.toUpperCase().replace('|', ' ');
  const atStart = lines.filter((line) => line.includes('lacks rights'));
  if (await tellsRights(redis)) {
    const beginning = `${level} User "${name}" lacks rights on Redis at 127.0.0.1:${redis.port}: `;
    expect(atStart).toEqual([expect.stringContaining(beginning)]);
    expect(atStart[0]).toMatch(new RegExp(`\\([^)]*\\b${command}\\b`));
    const [, rules = ''] = /Allow them: ACL SETUSER \S+ ([^.]*)/.exec(atStart[0] ?? '') ?? [];
    expect(rules.split(' ')).toContain(`+${without}`);
  }
  const isNamedLater = lines.some((line) => !atStart.includes(line) && line.includes(command));
  return { results, isNamedLater };
}

/** The registry of queues and the control channel: without them, a worker serves all the same. */
const OPTIONAL_RULES = new Set([`~${new Keys(prefix).queues}`, `&${new Keys(prefix).control}`]);

/** Whether nothing is said of a command, because its lack changes nothing but names, or what the server logs. */
const isUntold = (command: string): boolean =>
  ['client|setname', 'command|info', 'ping'].includes(command);

describe.each<Role>(['requester', 'worker'])('of the documented rights of a %s', (role) => {
  const optional = optionalCommands(role);
  const needed = documentedRules(role)
    .filter((rule) => rule.startsWith('+'))
    .map((rule) => rule.slice(1))
    .filter((command) => !optional.includes(command));

  it.concurrent.each(needed)('%s is needed', async (without) => {
    const { results, isNamedLater } = await jobsWithout(without, role, 'error');
    // What happens without it is logged as well, or noticed by callers.
    expect(isNamedLater ? 'named' : results).not.toEqual(USUAL);
  });

  it.concurrent.each(documentedRules(role).filter((rule) => /^[~&]/.test(rule)))(
    '%s is needed',
    async (without) => {
      const name = `${role}-without-${without.replaceAll(/\W/g, '-')}`;
      const poor = await documentedUser(redis, role, { name, without });
      const users = { ...urls, [role]: poor };
      const isOptional = OPTIONAL_RULES.has(without);
      const expected = isOptional ? USUAL : undefined;
      const { results, lines } = await jobsOfAllKinds(redis, `jobs-${name}`, users, expected);
      const level = isOptional ? 'warn' : 'error';
      const said = `${level} User "${name}" lacks rights on `;
      expect(lines.some((line) => line.startsWith(said))).toBe(await tellsRights(redis));
      if (isOptional) {
        expect(results).toEqual(USUAL);
        return;
      }
      const isNamedLater = lines.some((line) => line.includes(`refuses user "${name}"`));
      expect(isNamedLater ? 'named' : results).not.toEqual(USUAL);
    },
  );

  it.concurrent.each(optional.filter((command) => !isUntold(command)))(
    '%s may be left out',
    async (without) => {
      // Lost workers are noticed later without some of them.
      const { lost: _, ...usual } = USUAL;
      const { results } = await jobsWithout(without, role, 'warn', usual);
      expect(results).toMatchObject(usual);
    },
  );
});
