import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Script } from '../../lib/driver/operation.js';
import { completeJob, encodeJob } from '../../lib/protocol/wire/job-element.js';
import { parkedListOf } from '../../lib/protocol/keys.js';
import { settleLongJobs } from '../../lib/protocol/operations/settle-long-jobs.js';
import { measureList } from '../../lib/protocol/operations/measure-list.js';
import { pruneExpiredJobs } from '../../lib/protocol/operations/prune-expired-jobs.js';
import { recoverWorker } from '../../lib/protocol/operations/recover-worker.js';
import { renewLease } from '../../lib/protocol/operations/renew-lease.js';
import { retireWorker } from '../../lib/protocol/operations/retire-worker.js';
import type { SettleJobs } from '../../lib/protocol/operations/settle-jobs.js';
import { connectionSource } from '../../lib/redis/topology/connection-source.js';
import { Connection } from '../../lib/redis/connection/connection.js';
import { digestOf } from '../../lib/worker/liveness/slot-parts.js';
import { NO_BOUNDS } from '../support/dead-letters.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';
import { newQueue } from './support/contract-queue.js';
import { NOTHING } from './support/script-cases.js';

const redis = useRedis();

async function run<Input, Output>(script: Script<Input, Output>, input: Input): Promise<Output> {
  const keys = script.keys(input);
  const answer = await redis.look.eval(script.lua, keys.length, ...keys, ...script.args(input));
  return script.read(answer);
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const listOf = (key: string): Promise<string[]> => redis.look.lrange(key, 0, -1);

let connection: Connection;

beforeAll(async () => {
  connection = new Connection(connectionSource(redis.url), 'test');
  await connection.ready();
});

afterAll(() => connection.close());

const settleBeside = (input: Partial<SettleJobs>) =>
  connection.transact(settleLongJobs, { ...NOTHING, ...input, bypassesLua: true });

describe('settling long jobs outside the script', () => {
  it('restores the list if the script fails', async () => {
    const { slots, replies } = newQueue();
    await redis.look.rpush(replies('one'), 'earlier');
    await redis.look.rpush(slots[0], 'a', 'b');
    await redis.look.call('ACL', 'SETUSER', 'odd', 'on', '>secret', '~*', '+@all', '-lpos');
    const odd = new Connection(connectionSource(redis.url.replace('//', '//odd:secret@')), 'odd');
    await odd.ready();
    const groups = [{ list: replies('one'), ttl: 1_000, frames: ['a'] }];
    const places = [{ key: slots[0], position: 0 }];
    const settled = odd.transact(settleLongJobs, { ...NOTHING, groups, places, bypassesLua: true });
    await expect(settled).rejects.toThrow(/can't run this command/);
    expect(await listOf(replies('one'))).toEqual(['earlier']);
    expect(await redis.look.exists(parkedListOf(replies('one')))).toBe(0);
    odd.close();
  });

  it('wakes a client that waits for a reply', async () => {
    const { slots, replies } = newQueue();
    await redis.look.rpush(slots[0], 'job');
    const waiting = redis.look.duplicate();
    const reply = waiting.blpop(replies('one'), 10);
    await waitFor(async () => /cmd=blpop/.test(String(await redis.look.client('LIST'))));
    const groups = [{ list: replies('one'), ttl: 60_000, frames: ['a'] }];
    await settleBeside({ slots: [slots[0]], groups });
    expect(await reply).toEqual([replies('one'), 'a']);
    waiting.disconnect();
  });

  it('changes nothing if the server has no memory for the replies, and returns the reason', async () => {
    const { slots, replies } = newQueue();
    await redis.look.rpush(slots[0], 'job');
    await redis.look.rpush(replies('one'), 'earlier');
    const groups = [{ list: replies('one'), ttl: 60_000, frames: ['a'] }];
    await redis.look.config('SET', 'maxmemory', '1');
    const settled = settleBeside({ slots: [slots[0]], groups });
    await expect(settled).rejects.toThrow(/^OOM /);
    await redis.look.config('SET', 'maxmemory', '0');
    expect(await listOf(replies('one'))).toEqual(['earlier']);
    expect(await redis.look.exists(slots[0])).toBe(1);
  });
});

describe('while the server is out of memory', () => {
  beforeAll(() => redis.look.config('SET', 'maxmemory', '1'));
  afterAll(() => redis.look.config('SET', 'maxmemory', '0'));

  it('refuses other writes', async () => {
    const { keys } = newQueue();
    await expect(redis.look.rpush(keys.requests, 'a')).rejects.toThrow(/^OOM/);
  });

  it('leases are renewed and retired, and jobs of lost workers are given back', async () => {
    await redis.look.config('SET', 'maxmemory', '0');
    const { keys, slots } = newQueue();
    const worker = keys.worker('worker-1');
    await redis.look.rpush(slots[0], 'a');
    await redis.look.config('SET', 'maxmemory', '1');
    const { workers, totals, paused } = keys;
    const known = { workers, worker, totals, paused, workerId: 'worker-1' };
    const description = { slots: 4, connections: '', server: '', host: '', pid: 1, started: 1 };
    expect((await run(renewLease, { ...known, lease: 5_000, description })).former).toBe('none');
    expect(await run(retireWorker, { ...known, slots, isWatched: false })).toBe(false);
    const found = [
      { key: slots[0], digest: digestOf([Buffer.from('a')]), jobs: [{ position: 0 }] },
    ];
    const lost = {
      ...known,
      requests: keys.requests,
      dead: keys.deadLetters,
      bounds: NO_BOUNDS,
      forget: true,
    };
    expect(await run(recoverWorker, { ...lost, slots: found })).toEqual({
      outcome: 'recovered',
      dropped: 0,
    });
    expect(await listOf(keys.requests)).toEqual([' a']);
  });
});

it('measures only the length of a list if the server refuses to tell its memory', async () => {
  const { keys } = newQueue();
  await redis.look.rpush(keys.requests, 'a', 'b');
  await redis.look.call('ACL', 'SETUSER', 'blind', 'on', '>secret', '~*', '+@all', '-memory');
  const source = connectionSource(redis.url.replace('//', '//blind:secret@'));
  const blind = new Connection(source, 'blind');
  await blind.ready();
  const size = await blind.run(measureList, { list: keys.requests });
  expect(size).toEqual({ length: 2, bytes: undefined });
  blind.close();
});

describe('pruning expired jobs', () => {
  it('does not decode a large job that it cannot remove', async () => {
    const { keys } = newQueue();
    const numbers = `[${'1,'.repeat(2_000_000)}1]`;
    await redis.look.rpush(
      keys.requests,
      `["job-1",${numbers}]`,
      completeJob(encodeJob('job-2', 'null', { replyTo: 'client-1' }), 1, 2),
    );
    const decode = "return #cjson.decode(redis.call('LINDEX', KEYS[1], 0))";
    const decoding = await timeOf(() => redis.look.eval(decode, 1, keys.requests));
    const pruning = await timeOf(async () => {
      expect(await run(pruneExpiredJobs, { requests: keys.requests, from: 0 })).toEqual({
        dropped: 0,
        next: 1,
      });
    });
    expect(pruning).toBeLessThan(decoding);
    expect(await run(pruneExpiredJobs, { requests: keys.requests, from: 1 })).toEqual({
      dropped: 1,
      next: undefined,
    });
  });
});
