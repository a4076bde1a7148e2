import { describe, expect, it } from 'vitest';
import type { QueueAdmin } from '../../lib/core/index.js';
import { refusalsIn } from '../support/acl-refusals.js';
import {
  documentedRules,
  documentedUser,
  lookingRules,
  DOCUMENTED_PREFIX as prefix,
  optionalCommands,
} from '../support/documented-users.js';
import { openReqRep } from '../support/open-reqrep.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

/** @returns what was refused to a user. */
const refusalsOf = async (name: string): Promise<string[]> =>
  refusalsIn(await redis.look.call('ACL', 'LOG', 200)).filter((text) =>
    text.includes(`username ${name}`),
  );

/** All that an operator does, with jobs and dead letters of a queue that has a worker. */
async function operate(admin: QueueAdmin, queue: string) {
  const { client, workers } = openReqRep({ connection: redis.url, prefix, lease: 900 });
  await workers.serve(queue, () => {
    throw new Error('no');
  });
  const letters = admin.deadLetters(queue);
  await redis.look.rpush(`${prefix}${queue}dead`, '{"job":"old"}', '{"job":"older"}');
  for (let job = 0; job < 3; job++) {
    client.emit(queue, job);
  }
  await waitFor(async () => (await redis.look.zcard(`${prefix}${queue}deadids`)) === 3);
  await admin.pause(queue);
  await waitFor(() => workers.status.queues[0]?.isPaused === true);
  const callers = [1, 2, 3].map((data) =>
    client.request(queue, data).catch((error: Error) => error),
  );
  await waitFor(async () => (await redis.look.llen(`${prefix}${queue}requests`)) === 3);
  const [job] = await admin.peek(queue);
  const results = {
    known: (await admin.queues()).some((each) => each.queue === queue),
    state: await admin.queue(queue),
    workers: (await admin.workers(queue)).length,
    silent: (await admin.running(queue, { timeout: 5_000 })).silent.length,
    found: (await admin.find(queue, job?.id ?? ''))?.id === job?.id,
    removed: await admin.remove(queue, job?.id ?? ''),
    purged: await admin.purge(queue),
    letters: await letters.list(),
    retried: 0,
    dropped: 0,
  };
  await Promise.all(callers);
  const [, , second, old, older] = results.letters.map(({ id }) => id);
  results.retried = await letters.retry([second ?? '', older ?? '']);
  results.dropped = await letters.remove([old ?? '']);
  results.dropped += await letters.remove({ reason: 'failed' });
  await admin.purge(queue);
  await admin.resume(queue);
  return results;
}

it('the operator that docs/topologies.md shows may do all that QueueAdmin can, and nothing is refused', async () => {
  const url = await documentedUser(redis, 'operator');
  const { admin, lines } = openReqRep({ connection: url, prefix });
  const { state, letters, ...results } = await operate(admin, 'jobs-operated');
  expect(results).toEqual({
    known: true,
    workers: 1,
    silent: 0,
    found: true,
    removed: true,
    purged: 2,
    retried: 2,
    dropped: 3,
  });
  expect([state.waiting, state.workers, state.dead, state.isPaused]).toEqual([3, 1, 5, true]);
  expect(letters.length).toBe(5);
  expect(await refusalsOf('operator')).toEqual([]);
  expect(lines.join()).not.toMatch(/refuses|lacks/);
});

it('an operator that only looks may do that, and nothing is refused; it is told what it may not do', async () => {
  const rules = ['on', '>SECRET', 'resetkeys', 'resetchannels', '-@all', ...lookingRules()];
  await redis.look.call('ACL', 'SETUSER', 'onlooker', 'reset', ...rules);
  const url = redis.url.replace('//', '//onlooker:SECRET@');
  const queue = 'jobs-looked-at';
  const { client, workers } = openReqRep({ connection: redis.url, prefix });
  await workers.serve(queue, () => {
    throw new Error('no');
  });
  client.emit(queue, 1);
  const { admin, lines } = openReqRep({ connection: url, prefix });
  const letters = admin.deadLetters(queue);
  await waitFor(async () => (await letters.count()) === 1);
  const [letter] = await letters.list();
  expect(await letters.get(letter?.id ?? '')).toEqual(letter);
  expect((await admin.queues()).map((each) => each.queue)).toContain(queue);
  expect((await admin.workers()).length).toBeGreaterThan(0);
  expect(await admin.peek(queue)).toEqual([]);
  expect(await admin.find(queue, 1)).toBeUndefined();
  expect(await refusalsOf('onlooker')).toEqual([]);
  expect(lines.join()).not.toMatch(/refuses|lacks/);
  for (const act of [
    () => admin.pause(queue),
    () => admin.purge(queue),
    () => letters.retry({}),
    () => letters.remove({}),
  ]) {
    await expect(act()).rejects.toThrow(/ACL SETUSER onlooker/);
  }
  expect(await letters.count()).toBe(1);
});

describe('of the documented rights of an operator', () => {
  const optional = new Set(optionalCommands('worker').filter((command) => command !== 'renamenx'));
  const rules = documentedRules('operator').filter(
    (rule) => /^[+~&]/.test(rule) && !optional.has(rule.slice(1)),
  );

  it.each(rules)('%s is used', async (without) => {
    const name = `operator-without-${without.replaceAll(/\W/g, '-')}`;
    const url = await documentedUser(redis, 'operator', { name, without });
    const { admin } = openReqRep({ connection: url, prefix });
    await operate(admin, `jobs-${name}`).catch(() => undefined);
    expect(await refusalsOf(name)).not.toEqual([]);
  });
});
