import { afterEach, describe, expect, it } from 'vitest';
import { completeJob, encodeJob } from '../../lib/protocol/wire/job-element.js';
import { parkedListOf, type DeadLetterKeys } from '../../lib/protocol/keys.js';
import {
  moveToDeadLetters,
  type DeadLetterMoveResult,
} from '../../lib/protocol/operations/move-to-dead-letters.js';
import { readDeadIds, readDeadLetters } from '../../lib/protocol/operations/dead-letters.js';
import { describeWorker } from '../../lib/protocol/operations/describe-worker.js';
import { giveBackJobs } from '../../lib/protocol/operations/give-back-jobs.js';
import { inspectQueue } from '../../lib/protocol/operations/inspect-queue.js';
import { measureList } from '../../lib/protocol/operations/measure-list.js';
import { pruneExpiredJobs } from '../../lib/protocol/operations/prune-expired-jobs.js';
import { pushGuardedJob } from '../../lib/protocol/operations/push-guarded-job.js';
import { pushValues } from '../../lib/protocol/operations/push-values.js';
import { recoverWorker, type FoundSlot } from '../../lib/protocol/operations/recover-worker.js';
import { renewLease } from '../../lib/protocol/operations/renew-lease.js';
import { retireWorker } from '../../lib/protocol/operations/retire-worker.js';
import {
  settleJobs,
  type SettledJobs,
  type SettleJobs,
} from '../../lib/protocol/operations/settle-jobs.js';
import { takeJobs } from '../../lib/protocol/operations/take-jobs.js';
import type { Operation } from '../../lib/driver/operation.js';
import { digestOf } from '../../lib/worker/liveness/slot-parts.js';
import { lettersOf, NO_BOUNDS } from '../support/dead-letters.js';
import { randomQueue } from '../support/random-queue.js';
import { newQueue } from './support/contract-queue.js';
import { useContractServers } from './support/contract-servers.js';
import { NOTHING } from './support/script-cases.js';
import { popFirst } from '../../lib/protocol/operations/lists.js';
import { settleLongJobs } from '../../lib/protocol/operations/settle-long-jobs.js';

describe.each(useContractServers())('$name', (server) => {
  const run = <Input, Output>(operation: Operation<Input, Output>, input: Input): Promise<Output> =>
    server.line.run(operation, input);

  const listOf = (key: string): Promise<string[]> => server.look.lrange(key, 0, -1);

  async function serverNow(): Promise<number> {
    const [seconds, microseconds] = await server.look.time();
    return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
  }

  const moveFirst = (
    slot: string,
    dead: DeadLetterKeys,
    bounds = NO_BOUNDS,
  ): Promise<DeadLetterMoveResult> =>
    run(moveToDeadLetters, {
      place: { key: slot, position: 0 },
      dead,
      bounds,
      reason: 'unreadable',
      message: 'not "JSON" ☃',
      workerId: 'worker-1',
    });

  describe('taking jobs', () => {
    it('moves the oldest jobs into a slot in order', async () => {
      const { keys, slots } = newQueue();
      await server.look.rpush(keys.requests, 'a', 'b', 'c', 'd', 'e');
      const taken = await run(takeJobs, { requests: keys.requests, slot: slots[0], most: 3 });
      expect(taken).toEqual(['a', 'b', 'c']);
      expect(await listOf(slots[0])).toEqual(['a', 'b', 'c']);
      expect(await listOf(keys.requests)).toEqual(['d', 'e']);
    });

    it('takes all jobs if there are fewer', async () => {
      const { keys, slots } = newQueue();
      await server.look.rpush(keys.requests, 'a', 'b');
      const take = { requests: keys.requests, slot: slots[0], most: 9 };
      expect(await run(takeJobs, take)).toEqual(['a', 'b']);
      expect(await listOf(slots[0])).toEqual(['a', 'b']);
      expect(await server.look.exists(keys.requests)).toBe(0);
    });

    it('takes nothing from an empty queue', async () => {
      const { keys, slots } = newQueue();
      const take = { requests: keys.requests, slot: slots[0], most: 9 };
      expect(await run(takeJobs, take)).toEqual([]);
      expect(await server.look.exists(slots[0])).toBe(0);
    });

    it.each([
      ['some of many', 2],
      ['all of them', 9],
    ])('takes nothing into a slot that is not empty: %s', async (_, most) => {
      const { keys, slots } = newQueue();
      await server.look.rpush(slots[0], 'before');
      await server.look.rpush(keys.requests, 'a', 'b', 'c');
      const taken = await run(takeJobs, { requests: keys.requests, slot: slots[0], most });
      expect(taken).toEqual(['before']);
      expect(await listOf(slots[0])).toEqual(['before']);
      expect(await listOf(keys.requests)).toEqual(['a', 'b', 'c']);
    });

    it('keeps the jobs of a queue with a TTL', async () => {
      const { keys, slots } = newQueue();
      await server.look.rpush(keys.requests, 'a');
      await server.look.expire(keys.requests, 60);
      await run(takeJobs, { requests: keys.requests, slot: slots[0], most: 1 });
      expect(await server.look.pttl(slots[0])).toBe(-1);
    });

    it('takes nothing from a key that is not a list', async () => {
      const { keys, slots } = newQueue();
      await server.look.set(keys.requests, 'no list');
      const take = { requests: keys.requests, slot: slots[0], most: 9 };
      expect(await run(takeJobs, take)).toEqual([]);
      expect(await server.look.get(keys.requests)).toBe('no list');
    });
  });

  /** Places of jobs, as `slot position`. */
  const placesOf = (...places: (readonly [key: string, position: number])[]) =>
    places.map(([key, position]) => ({ key, position }));

  describe('giving jobs back', () => {
    it('puts them at the head of the queue in order', async () => {
      const { keys, slots } = newQueue();
      await server.look.rpush(keys.requests, 'a', 'b', 'c', 'd', 'e');
      await run(takeJobs, { requests: keys.requests, slot: slots[0], most: 2 });
      await run(takeJobs, { requests: keys.requests, slot: slots[1], most: 1 });
      const places = placesOf([slots[0], 0], [slots[0], 1], [slots[1], 0]);
      expect(await run(giveBackJobs, { requests: keys.requests, places })).toBe(3);
      expect(await listOf(keys.requests)).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(await server.look.exists(...slots)).toBe(0);
    });

    it('leaves the other jobs in their places', async () => {
      const { keys, slots } = newQueue();
      await server.look.rpush(slots[0], 'a', 'b', 'c');
      const give = (position: number) =>
        run(giveBackJobs, { requests: keys.requests, places: placesOf([slots[0], position]) });
      expect(await give(1)).toBe(1);
      expect(await listOf(slots[0])).toEqual(['a', '', 'c']);
      expect(await give(1)).toBe(0);
      expect([await give(0), await give(2)]).toEqual([1, 1]);
      expect(await server.look.exists(slots[0])).toBe(0);
      expect(await listOf(keys.requests)).toEqual(['c', 'a', 'b']);
    });

    it('skips empty places', async () => {
      const { keys, slots } = newQueue();
      await server.look.rpush(keys.requests, 'z');
      await server.look.rpush(slots[1], 'a');
      const places = placesOf([slots[0], 0], [slots[1], 0], [slots[1], 1]);
      expect(await run(giveBackJobs, { requests: keys.requests, places })).toBe(1);
      expect(await listOf(keys.requests)).toEqual(['a', 'z']);
    });

    it('does not count as a redelivery', async () => {
      const { keys, slots } = newQueue();
      await server.look.rpush(slots[0], '  ["job-1",null]');
      await run(giveBackJobs, { requests: keys.requests, places: placesOf([slots[0], 0]) });
      expect(await listOf(keys.requests)).toEqual(['  ["job-1",null]']);
    });
  });

  /** Settles jobs with the script alone. */
  const settleByScript = (input: Partial<SettleJobs>): Promise<SettledJobs> =>
    run(settleJobs, { ...NOTHING, ...input });

  /** Settles jobs with long texts outside the script. */
  const settleBeside = (input: Partial<SettleJobs>): Promise<SettledJobs> =>
    server.line.transact(settleLongJobs, { ...NOTHING, ...input, bypassesLua: true });

  describe.each([
    ['all of it in a script', settleByScript],
    ['with long jobs outside the script', settleBeside],
  ])('settling jobs, %s', (_how, settle) => {
    afterEach(async () => {
      expect(await server.look.keys(parkedListOf('*'))).toEqual([]);
    });

    it('pushes the replies of each list in order and frees the slots', async () => {
      const { slots, replies } = newQueue();
      await server.look.rpush(slots[0], 'job', 'job');
      await server.look.rpush(slots[1], 'job');
      const groups = [
        { list: replies('one'), ttl: 60_000, frames: ['a', 'b'] },
        { list: replies('two'), ttl: 60_000, frames: ['c'] },
      ];
      expect(await settle({ slots: slots.slice(0, 2), groups })).toEqual({ jobs: [] });
      expect(await listOf(replies('one'))).toEqual(['a', 'b']);
      expect(await listOf(replies('two'))).toEqual(['c']);
      expect(await server.look.exists(...slots)).toBe(0);
    });

    it('appends to earlier replies', async () => {
      const { slots, replies } = newQueue();
      await server.look.rpush(replies('one'), 'earlier');
      await server.look.rpush(slots[0], 'job');
      const groups = [{ list: replies('one'), ttl: 60_000, frames: ['later'] }];
      await settle({ slots: [slots[0]], groups });
      expect(await listOf(replies('one'))).toEqual(['earlier', 'later']);
    });

    it('removes jobs from slots in which other jobs keep their places', async () => {
      const { slots } = newQueue();
      await server.look.rpush(slots[0], 'a', 'b', 'c');
      const leave = (position: number) => settle({ places: [{ key: slots[0], position }] });
      await leave(1);
      expect(await listOf(slots[0])).toEqual(['a', '', 'c']);
      await leave(2);
      await leave(0);
      expect(await server.look.exists(slots[0])).toBe(0);
    });

    it('deletes a slot with its last job, in any order', async () => {
      const { slots } = newQueue();
      for (const order of [
        [[0], [1], [2]],
        [[2], [0], [1]],
        [[1, 2], [0]],
        [[2], [0, 1]],
        [[0, 1, 2]],
      ]) {
        await server.look.rpush(slots[0], 'a', 'b', 'c');
        for (const positions of order) {
          expect(await server.look.exists(slots[0])).toBe(1);
          await settle({ places: positions.map((position) => ({ key: slots[0], position })) });
        }
        expect(await server.look.exists(slots[0])).toBe(0);
      }
    });

    it('removes jobs from several slots at once', async () => {
      const { slots } = newQueue();
      await server.look.rpush(slots[0], 'a', 'b', 'c');
      await server.look.rpush(slots[1], 'd', '');
      await server.look.rpush(slots[2], 'e', 'f');
      const places = placesOf([slots[0], 0], [slots[0], 2], [slots[1], 0], [slots[2], 1]);
      expect(await settle({ places })).toEqual({ jobs: [] });
      expect(await Promise.all(slots.map(listOf))).toEqual([['', 'b', ''], [], ['e', ''], []]);
    });

    it('finds no jobs in a slot that is not a list', async () => {
      const { slots } = newQueue();
      await server.look.set(slots[0], 'no list');
      const places = placesOf([slots[0], 0]);
      expect(await settle({ places })).toEqual({ missing: { slots: [], places: [0] } });
    });

    it.each([
      ['some of many', 2],
      ['all of them', 9],
    ])(
      'takes nothing into a slot that holds something, and loses nothing of it: %s',
      async (_, most) => {
        const { keys, slots } = newQueue();
        await server.look.rpush(slots[1], 'before', '');
        await server.look.rpush(keys.requests, 'a', 'b', 'c');
        const takes = [{ requests: keys.requests, slot: slots[1], most, isLong: false }];
        expect(await settle({ takes })).toEqual({ jobs: [['before', '']] });
        expect(await listOf(slots[1])).toEqual(['before', '']);
        expect(await listOf(keys.requests)).toEqual(['a', 'b', 'c']);
      },
    );

    it('changes nothing if some jobs are missing, and returns them', async () => {
      const { keys, slots, replies } = newQueue();
      await server.look.rpush(slots[0], 'job');
      await server.look.rpush(slots[2], 'a', '', 'c');
      await server.look.rpush(keys.requests, 'next');
      const input = {
        slots: [slots[0], slots[1]],
        places: [0, 1, 5].map((position) => ({ key: slots[2], position })),
        groups: [{ list: replies('one'), ttl: 60_000, frames: ['r'] }],
        takes: [{ requests: keys.requests, slot: slots[3], most: 1, isLong: false }],
      };
      expect(await settle(input)).toEqual({ missing: { slots: [1], places: [1, 2] } });
      expect(await server.look.exists(replies('one'), slots[1], slots[3])).toBe(0);
      expect(await listOf(slots[2])).toEqual(['a', '', 'c']);
    });

    it('changes nothing when it is repeated', async () => {
      const { slots, replies } = newQueue();
      await server.look.rpush(slots[0], 'job');
      const groups = [{ list: replies('one'), ttl: 60_000, frames: ['a'] }];
      const input = { slots: [slots[0]], groups };
      await settle(input);
      const again = await settle({ ...input, isRepeated: true });
      expect(again).toEqual({ missing: { slots: [0], places: [] } });
      expect(await listOf(replies('one'))).toEqual(['a']);
    });

    it('releases slots of jobs without a reply, and no others', async () => {
      const { slots } = newQueue();
      await server.look.rpush(slots[0], 'job');
      await server.look.rpush(slots[1], 'another');
      await settle({ slots: [slots[0]] });
      expect(await server.look.exists(slots[0])).toBe(0);
      expect(await listOf(slots[1])).toEqual(['another']);
    });

    it('takes the next jobs of each queue into a slot, up to the limit', async () => {
      const { keys, slots } = newQueue();
      const other = newQueue();
      await server.look.rpush(slots[0], 'done');
      await server.look.rpush(keys.requests, 'a', 'b');
      await server.look.rpush(other.keys.requests, 'c', 'd');
      const takes = [
        { requests: keys.requests, slot: slots[1], most: 9, isLong: false },
        { requests: randomQueue(), slot: randomQueue(), most: 9, isLong: false },
        { requests: other.keys.requests, slot: other.slots[0], most: 1, isLong: false },
      ];
      expect(await settle({ slots: [slots[0]], takes })).toEqual({ jobs: [['a', 'b'], [], ['c']] });
      expect(await listOf(slots[1])).toEqual(['a', 'b']);
      expect(await listOf(other.slots[0])).toEqual(['c']);
      expect(await server.look.exists(keys.requests)).toBe(0);
      expect(await listOf(other.keys.requests)).toEqual(['d']);
    });

    it.each([
      ['others wait', ['c']],
      ['no others wait', []],
    ])(
      'finds the next jobs where it has put them when it is asked again: %s',
      async (_, others) => {
        const { keys, slots } = newQueue();
        await server.look.rpush(keys.requests, 'a', 'b', ...others);
        const takes = [{ requests: keys.requests, slot: slots[1], most: 2, isLong: false }];
        const first = await settle({ takes });
        expect(first).toEqual({ jobs: [['a', 'b']] });
        expect(await settle({ takes, isRepeated: true })).toEqual(first);
        expect(await listOf(keys.requests)).toEqual(others);
      },
    );

    it('settles even if the next jobs cannot be taken', async () => {
      const { keys, slots } = newQueue();
      await server.look.rpush(slots[0], 'done');
      await server.look.set(keys.requests, 'no list');
      const takes = [{ requests: keys.requests, slot: slots[1], most: 1, isLong: false }];
      expect(await settle({ slots: [slots[0]], takes })).toEqual({ jobs: [[]] });
      expect(await server.look.exists(slots[0])).toBe(0);
    });

    it.each(['one', 'two'])(
      'is refused before anything is done where list %s is none',
      async (odd) => {
        const { slots, replies } = newQueue();
        await server.look.rpush(slots[0], 'job', 'job');
        await server.look.set(replies(odd), 'no list');
        const groups = ['one', 'two'].map((name) => ({
          list: replies(name),
          ttl: 60_000,
          frames: ['reply'],
        }));
        await expect(settle({ slots: [slots[0]], groups })).rejects.toThrow(/^WRONGTYPE/);
        expect(await server.look.exists(slots[0])).toBe(1);
        expect(await server.look.exists(replies('one'), replies('two'))).toBe(1);
      },
    );

    it('sets the TTL of a list, which a later settle may extend but not shorten', async () => {
      const { slots, replies } = newQueue();
      const list = replies('one');
      const settleWith = async (ttl: number): Promise<number> => {
        await server.look.rpush(slots[0], 'job');
        await settle({ slots: [slots[0]], groups: [{ list, ttl, frames: ['a'] }] });
        return server.look.pttl(list);
      };
      const first = await settleWith(100_000);
      expect(first).toBeGreaterThan(50_000);
      expect(first).toBeLessThanOrEqual(100_000);
      const shorter = await settleWith(1_000);
      expect(shorter).toBeGreaterThan(50_000);
      const longer = await settleWith(3_600_000);
      expect(longer).toBeGreaterThan(3_000_000);
      expect(longer).toBeLessThanOrEqual(3_600_000);
    });

    it('settles 500 jobs of 500 slots and lists at once', async () => {
      const { keys, replies } = newQueue();
      const each = Array.from({ length: 500 }, (_, index) => index);
      const slots = each.map((index) => keys.active('worker-1', index));
      await Promise.all(slots.map((slot) => server.look.rpush(slot, 'job')));
      const groups = each.map((index) => ({
        list: replies(`client-${index}`),
        ttl: 60_000,
        frames: [`frame-${index}`],
      }));
      expect(await settle({ slots, groups })).toEqual({ jobs: [] });
      expect(await listOf(replies('client-0'))).toEqual(['frame-0']);
      expect(await listOf(replies('client-499'))).toEqual(['frame-499']);
      expect(await server.look.exists(...slots)).toBe(0);
    });
  });

  describe('settling long jobs outside the script', () => {
    it('takes long jobs into a slot each, and returns them again when it is repeated', async () => {
      const { keys, slots } = newQueue();
      await server.look.rpush(keys.requests, 'a', 'b');
      const takes = slots
        .slice(0, 3)
        .map((slot) => ({ requests: keys.requests, slot, most: 1, isLong: true }));
      const first = await settleBeside({ takes });
      expect(first).toEqual({ jobs: [['a'], ['b'], []] });
      await server.look.rpush(keys.requests, 'c');
      expect(await settleBeside({ takes, isRepeated: true })).toEqual(first);
      expect(await listOf(slots[1])).toEqual(['b']);
      expect(await listOf(keys.requests)).toEqual(['c']);
    });

    it('restores the list if the jobs are missing', async () => {
      const { slots, replies } = newQueue();
      await server.look.rpush(replies('one'), 'earlier');
      await server.look.pexpire(replies('one'), 50_000);
      const groups = ['one', 'two'].map((name) => ({
        list: replies(name),
        ttl: 1_000,
        frames: ['a', 'b'],
      }));
      const missing = { slots: [0], places: [] };
      expect(await settleBeside({ slots: [slots[0]], groups })).toEqual({ missing });
      expect(await listOf(replies('one'))).toEqual(['earlier']);
      expect(await server.look.pttl(replies('one'))).toBeGreaterThan(25_000);
      expect(
        await server.look.exists(replies('two'), ...['one', 'two'].map(replies).map(parkedListOf)),
      ).toBe(0);
    });

    it('changes nothing if a list has expired before the script', async () => {
      const { slots, replies } = newQueue();
      await server.look.rpush(slots[0], 'job');
      await server.look.rpush(parkedListOf(replies('two')), 'earlier', 'a');
      const groups = ['one', 'two'].map((name) => ({
        list: replies(name),
        ttl: 60_000,
        frames: ['a'],
      }));
      const settled = settleByScript({ slots: [slots[0]], groups, bypassesLua: true });
      await expect(settled).rejects.toThrow(/^EXPIRED/);
      expect(await listOf(replies('two'))).toEqual(['earlier']);
      expect(await server.look.exists(slots[0])).toBe(1);
    });

    it('wakes a client that waits for a reply', async () => {
      const { slots, replies } = newQueue();
      await server.look.rpush(slots[0], 'job');
      const waiting = await server.openLine();
      const reply = waiting.run(popFirst, { lists: [replies('one')], seconds: 10 });
      const groups = [{ list: replies('one'), ttl: 60_000, frames: ['a'] }];
      await settleBeside({ slots: [slots[0]], groups });
      expect(await reply).toEqual([replies('one'), 'a']);
    });
  });

  describe('moving a job to the dead letters', () => {
    it('stores it with the reason, the worker and the time', async () => {
      const { queue, keys, slots } = newQueue();
      const { ids } = keys.deadLetters;
      await server.look.rpush(slots[0], ' ["job-1" 1]');
      const before = await serverNow();
      expect(await moveFirst(slots[0], keys.deadLetters)).toEqual({ outcome: 'moved', dropped: 0 });
      const after = await serverNow();
      expect(await server.look.exists(slots[0])).toBe(0);
      expect(await lettersOf(server.look, queue)).toEqual([
        {
          reason: 'unreadable',
          message: 'not "JSON" ☃',
          worker: 'worker-1',
          job: ' ["job-1" 1]',
        },
      ]);
      const [id = '', at = ''] = await server.look.zrange(ids, 0, '-1', 'WITHSCORES');
      expect(id).toBe(`${at}-000001`);
      expect(Number(at)).toBeGreaterThanOrEqual(before);
      expect(Number(at)).toBeLessThanOrEqual(after);
    });

    it('adds it to earlier ones', async () => {
      const { queue, keys, slots } = newQueue();
      for (const job of ['first', 'second']) {
        await server.look.rpush(slots[0], job);
        await moveFirst(slots[0], keys.deadLetters);
      }
      const jobs = (await lettersOf(server.look, queue)).map(({ job }) => job);
      expect(jobs).toEqual(['first', 'second']);
    });

    it.each([
      ['is no UTF-8', Buffer.from([0x5b, 0xff, 0xfe, 0x80, 0xc3, 0x28, 0x5d])],
      ['has every byte there is', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
      ['is UTF-8', Buffer.from('["naïve ☃ 🎉 \\ud83c \\/ / "')],
    ])('keeps each byte of a job that %s', async (_, job) => {
      const { keys, slots } = newQueue();
      await server.look.rpush(slots[0], job);
      expect(await moveFirst(slots[0], keys.deadLetters)).toEqual({ outcome: 'moved', dropped: 0 });
      const dead = keys.deadLetters;
      const ids = await run(readDeadIds, { dead, first: 0, last: -1 });
      const [letter] = await run(readDeadLetters, { dead, ids });
      expect(letter?.subarray(letter.indexOf('\n') + 1)).toEqual(job);
    });

    it('keeps the other jobs of its slot, and replies to its caller', async () => {
      const { keys, slots, replies } = newQueue();
      await server.look.rpush(slots[0], 'a', 'b');
      const result = await run(moveToDeadLetters, {
        place: { key: slots[0], position: 1 },
        dead: keys.deadLetters,
        bounds: NO_BOUNDS,
        reason: 'out of deliveries',
        message: 'once',
        workerId: 'worker-1',
        reply: { list: replies('one'), text: 'frame', ttl: 60_000 },
      });
      expect(result).toEqual({ outcome: 'moved', dropped: 0 });
      expect(await listOf(slots[0])).toEqual(['a', '']);
      expect(await listOf(replies('one'))).toEqual(['frame']);
      expect(await server.look.pttl(replies('one'))).toBeGreaterThan(30_000);
    });

    it('stores it although the reply list of its caller is not a list', async () => {
      const { keys, slots, replies } = newQueue();
      await server.look.rpush(slots[0], 'a');
      await server.look.set(replies('one'), 'no list');
      const input = {
        place: { key: slots[0], position: 0 },
        dead: keys.deadLetters,
        bounds: NO_BOUNDS,
        reason: 'out of deliveries',
        message: 'once',
        workerId: 'worker-1',
        reply: { list: replies('one'), text: 'frame', ttl: 60_000 },
      } as const;
      expect(await run(moveToDeadLetters, input)).toEqual({
        outcome: 'moved without reply',
        dropped: 0,
      });
      expect(await server.look.zcard(keys.deadLetters.ids)).toBe(1);
      expect(await server.look.exists(slots[0])).toBe(0);
      expect(await server.look.get(replies('one'))).toBe('no list');
    });

    it.each(['ids', 'letters'] as const)(
      'keeps the job in its slot while the key of the %s has another type',
      async (name) => {
        const { keys, slots } = newQueue();
        await server.look.rpush(slots[0], 'a');
        await server.look.set(keys.deadLetters[name], 'odd');
        await expect(moveFirst(slots[0], keys.deadLetters)).rejects.toThrow(/WRONGTYPE/);
        expect(await listOf(slots[0])).toEqual(['a']);
      },
    );

    it.each([
      ['in number', { ...NO_BOUNDS, maxDead: 2 }, 2],
      ['in bytes', { ...NO_BOUNDS, maxDeadBytes: 170 }, 2],
      ['in bytes, but for the newest', { ...NO_BOUNDS, maxDeadBytes: 10 }, 1],
    ])('drops the oldest beyond the bound %s', async (_, bounds, kept) => {
      const { queue, keys, slots } = newQueue();
      const dropped: number[] = [];
      for (const job of ['a', 'b', 'c', 'd']) {
        await server.look.rpush(slots[0], job);
        dropped.push((await moveFirst(slots[0], keys.deadLetters, bounds)).dropped);
      }
      expect(dropped).toEqual([0, 0, 1, 1].map((count, index) => (index >= kept ? 1 : count)));
      const jobs = (await lettersOf(server.look, queue)).map(({ job }) => job);
      expect(jobs).toEqual(['a', 'b', 'c', 'd'].slice(-kept));
      const { bytes, last, ...letters } = await server.look.hgetall(keys.deadLetters.letters);
      expect(last).toBe('4');
      expect(Number(bytes)).toBe(Buffer.byteLength(Object.values(letters).join('')));
      expect(Object.keys(letters)).toHaveLength(kept);
    });

    it('deletes a slot with only empty places', async () => {
      const { keys, slots } = newQueue();
      await server.look.rpush(slots[0], '');
      expect(await moveFirst(slots[0], keys.deadLetters)).toEqual({ outcome: 'gone', dropped: 0 });
      expect(await server.look.exists(slots[0], keys.deadLetters.letters)).toBe(0);
    });

    it('stores nothing from an empty slot', async () => {
      const { keys, slots } = newQueue();
      expect(await moveFirst(slots[0], keys.deadLetters)).toEqual({ outcome: 'gone', dropped: 0 });
      expect(await server.look.exists(keys.deadLetters.letters)).toBe(0);
    });
  });

  describe('renewing a lease', () => {
    const description = {
      slots: 16,
      connections: '7@::1:8',
      server: 'run-1',
      host: 'a host',
      pid: 42,
      started: 1_753,
    };

    it('sets its expiry to the lease from now, by the clock of Redis', async () => {
      const { keys } = newQueue();
      const worker = keys.worker('worker-1');
      for (const lease of [100_000, 5_000]) {
        const before = await serverNow();
        await run(renewLease, {
          workers: keys.workers,
          paused: keys.paused,
          worker,
          workerId: 'worker-1',
          lease,
          description,
        });
        const after = await serverNow();
        const end = Number(await server.look.zscore(keys.workers, 'worker-1'));
        expect(end).toBeGreaterThanOrEqual(before + lease);
        expect(end).toBeLessThanOrEqual(after + lease);
      }
      expect(await server.look.zcard(keys.workers)).toBe(1);
    });

    it('writes the description of the worker', async () => {
      const { keys } = newQueue();
      const worker = keys.worker('worker-1');
      const input = {
        workers: keys.workers,
        paused: keys.paused,
        worker,
        workerId: 'worker-1',
        lease: 5_000,
      };
      await run(renewLease, { ...input, description });
      expect(await server.look.hgetall(worker)).toEqual({
        slots: '16',
        connections: '7@::1:8',
        server: 'run-1',
        host: 'a host',
        pid: '42',
        started: '1753',
      });
      await run(renewLease, { ...input, description: { ...description, connections: '' } });
      expect(await server.look.hget(worker, 'connections')).toBe('');
    });

    it('returns the other workers whose lease has lapsed', async () => {
      const { keys } = newQueue();
      const now = await serverNow();
      await server.look.zadd(
        keys.workers,
        now - 1,
        'late',
        now - 60_000,
        'later',
        now + 60_000,
        'alive',
      );
      const renewed = await run(renewLease, {
        workers: keys.workers,
        paused: keys.paused,
        worker: keys.worker('worker-1'),
        workerId: 'worker-1',
        lease: 5_000,
        description,
      });
      expect(renewed.lapsed).toEqual([
        { workerId: 'later', expiry: String(now - 60_000) },
        { workerId: 'late', expiry: String(now - 1) },
      ]);
      expect(renewed.now).toBeGreaterThanOrEqual(now);
      expect(renewed.now).toBeLessThan(now + 5_000);
    });

    it('accepts a worker whose own lease has lapsed', async () => {
      const { keys } = newQueue();
      await server.look.zadd(keys.workers, (await serverNow()) - 60_000, 'worker-1');
      const renewed = await run(renewLease, {
        workers: keys.workers,
        paused: keys.paused,
        worker: keys.worker('worker-1'),
        workerId: 'worker-1',
        lease: 5_000,
        description,
      });
      expect(renewed.lapsed).toEqual([]);
    });

    it('returns the former state of the lease', async () => {
      const { keys } = newQueue();
      const worker = keys.worker('worker-1');
      const input = {
        workers: keys.workers,
        paused: keys.paused,
        totals: keys.totals,
        worker,
        workerId: 'worker-1',
        lease: 5_000,
        description,
      };
      const former = async () => (await run(renewLease, input)).former;
      expect([await former(), await former()]).toEqual(['none', 'live']);
      await server.look.zadd(keys.workers, (await serverNow()) - 1, 'worker-1');
      expect([await former(), await former()]).toEqual(['lapsed', 'live']);
    });

    it('returns many lapsed workers in turn, and none with a foreign id', async () => {
      const { keys } = newQueue();
      const now = await serverNow();
      const late = Array.from({ length: 70 }, (_, index) => `late-${index}`);
      await server.look.zadd(
        keys.workers,
        ...late.flatMap((id, index) => [now - 1_000 + index, id]),
      );
      await server.look.zadd(keys.workers, now - 60_000, 'x'.repeat(10_000));
      const named: string[] = [];
      for (let turn = 0; turn < 3; turn++) {
        const { lapsed } = await run(renewLease, {
          workers: keys.workers,
          paused: keys.paused,
          worker: keys.worker('worker-1'),
          workerId: 'worker-1',
          lease: 5_000,
          turn,
          description,
        });
        expect(lapsed.length).toBeLessThanOrEqual(32);
        named.push(...lapsed.map(({ workerId }) => workerId));
      }
      expect(new Set(named)).toEqual(new Set(late));
    });
  });

  describe('reading the description of a worker', () => {
    const read = (worker: string) => run(describeWorker, worker);
    const nothing = { slots: '', connections: '', server: '', host: '', pid: '' };

    it('returns the written fields, and empty texts for the others', async () => {
      const worker = newQueue().keys.worker('worker-1');
      await Promise.all([
        server.look.hset(worker, 'slots', 16),
        server.look.hset(worker, 'host', 'a host'),
        server.look.hset(worker, 'other', 'field'),
      ]);
      expect(await read(worker)).toEqual({ ...nothing, slots: '16', host: 'a host' });
    });

    it('omits fields that are too long', async () => {
      const worker = newQueue().keys.worker('worker-1');
      await Promise.all([
        server.look.hset(worker, 'slots', '1'.repeat(1_000_000)),
        server.look.hset(worker, 'pid', 42),
      ]);
      expect(await read(worker)).toEqual({ ...nothing, pid: '42' });
    });

    it('returns empty texts if the key is not a hash', async () => {
      const worker = newQueue().keys.worker('worker-1');
      expect(await read(worker)).toEqual(nothing);
      await server.look.set(worker, 'no hash');
      expect(await read(worker)).toEqual(nothing);
    });
  });

  describe('giving back the jobs of a lost worker', () => {
    /** Adds a worker whose lease lapsed long ago, with jobs in each of its slots. */
    async function newLostWorker(...contents: (string | Buffer)[][]) {
      const queue = newQueue();
      const { keys, slots } = queue;
      await server.look.zadd(keys.workers, (await serverNow()) - 60_000, 'worker-1');
      await server.look.hset(keys.worker('worker-1'), 'slots', 4);
      await Promise.all(
        contents.map((jobs, index) => server.look.rpush(slots[index] ?? '', ...jobs)),
      );
      const found = slots.map((key, index): FoundSlot => {
        const jobs = contents[index] ?? [];
        return {
          key,
          digest: digestOf(jobs.map((job) => Buffer.from(job))),
          jobs: jobs.flatMap((job, position) => (job.length === 0 ? [] : [{ position }])),
        };
      });
      const recover = (given: readonly FoundSlot[] = found, forget = true) =>
        run(recoverWorker, {
          requests: keys.requests,
          workers: keys.workers,
          totals: keys.totals,
          dead: keys.deadLetters,
          bounds: NO_BOUNDS,
          worker: keys.worker('worker-1'),
          workerId: 'worker-1',
          forget,
          slots: given,
        });
      /** All that it could change. */
      const state = async (): Promise<unknown> => [
        await Promise.all([keys.requests, ...slots].map(listOf)),
        await lettersOf(server.look, queue.queue),
        await server.look.zscore(keys.workers, 'worker-1'),
        await server.look.hgetall(keys.worker('worker-1')),
      ];
      return { ...queue, found, recover, state };
    }

    it('puts them at the head of the queue with one more space each', async () => {
      const { keys, slots, recover } = await newLostWorker(['["a"]', ' ["b"]'], ['  ["c"]']);
      await server.look.rpush(keys.requests, '["z"]');
      expect(await recover()).toEqual({ outcome: 'recovered', dropped: 0 });
      expect(await listOf(keys.requests)).toEqual([' ["a"]', '  ["b"]', '   ["c"]', '["z"]']);
      expect(await server.look.exists(keys.deadLetters.ids, ...slots)).toBe(0);
    });

    it('skips empty places', async () => {
      const { keys, slots, recover } = await newLostWorker(['', 'b', ''], ['c']);
      expect(await recover()).toEqual({ outcome: 'recovered', dropped: 0 });
      expect(await listOf(keys.requests)).toEqual([' b', ' c']);
      expect(await server.look.exists(...slots)).toBe(0);
    });

    it('keeps each byte of them', async () => {
      const job = Buffer.from([0x5b, 0xff, 0x00, 0x80, 0x5d]);
      const { keys, recover } = await newLostWorker([job, job]);
      expect(await recover()).toEqual({ outcome: 'recovered', dropped: 0 });
      const again = Buffer.concat([Buffer.from(' '), job]);
      expect(await server.look.lrangeBuffer(keys.requests, 0, -1)).toEqual([again, again]);
    });

    it('removes the worker only if requested', async () => {
      for (const forget of [true, false]) {
        const { keys, found, recover } = await newLostWorker(['a']);
        expect(await recover(found, forget)).toEqual({ outcome: 'recovered', dropped: 0 });
        expect(await server.look.exists(keys.worker('worker-1'))).toBe(forget ? 0 : 1);
        expect(await server.look.zcard(keys.workers)).toBe(forget ? 0 : 1);
      }
    });

    it('moves jobs that must not run again to the dead letters, and replies to their callers', async () => {
      const { queue, keys, slots, replies, found, recover } = await newLostWorker(['a', 'b']);
      const [first, ...others] = found as [FoundSlot, ...FoundSlot[]];
      const dead = { reason: 'out of deliveries', message: 'three times', attempts: 3 } as const;
      const reply = { list: replies('one'), text: 'frame', ttl: 60_000 };
      const jobs = [{ position: 0, dead, reply }, { position: 1 }];
      expect(await recover([{ ...first, jobs }, ...others])).toEqual({
        outcome: 'recovered',
        dropped: 0,
      });
      expect(await listOf(keys.requests)).toEqual([' b']);
      expect(await lettersOf(server.look, queue)).toEqual([
        { ...dead, worker: 'worker-1', job: 'a' },
      ]);
      expect(await listOf(replies('one'))).toEqual(['frame']);
      const ttl = await server.look.pttl(replies('one'));
      expect(ttl).toBeGreaterThan(30_000);
      expect(ttl).toBeLessThanOrEqual(60_000);
      expect(await server.look.exists(...slots)).toBe(0);
    });

    it('replies to each caller in its own list', async () => {
      const { replies, found, recover } = await newLostWorker(['a', 'b'], ['c']);
      const dead = { reason: 'out of deliveries', message: 'three times' } as const;
      const tell = (name: string) => ({
        dead,
        reply: { list: replies(name), text: `for ${name}`, ttl: 60_000 },
      });
      const [first, second, ...others] = found as [FoundSlot, FoundSlot, ...FoundSlot[]];
      const told = [
        { ...first, jobs: [{ position: 0, ...tell('0') }, { position: 1 }] },
        { ...second, jobs: [{ position: 0, ...tell('2') }] },
        ...others,
      ];
      expect(await recover(told)).toEqual({ outcome: 'recovered', dropped: 0 });
      expect(await listOf(replies('0'))).toEqual(['for 0']);
      expect(await listOf(replies('1'))).toEqual([]);
      expect(await listOf(replies('2'))).toEqual(['for 2']);
    });

    it('gives back the end of a slot first, and the rest in front of it', async () => {
      const { keys, slots, recover } = await newLostWorker(['a', 'b', '', 'd', 'e']);
      await server.look.rpush(keys.requests, 'z');
      const end = (from: number, ...jobs: string[]): FoundSlot => ({
        key: slots[0],
        from,
        digest: digestOf(jobs.map((job) => Buffer.from(job))),
        jobs: jobs.flatMap((job, index) => (job === '' ? [] : [{ position: from + index }])),
      });
      expect(await recover([end(3, 'd', 'e')], false)).toEqual({
        outcome: 'recovered',
        dropped: 0,
      });
      expect(await listOf(slots[0])).toEqual(['a', 'b', '']);
      expect(await recover([end(1, 'b')], false)).toEqual({ outcome: 'changed', dropped: 0 });
      expect(await recover([end(1, 'b', '')], false)).toEqual({ outcome: 'recovered', dropped: 0 });
      expect(await recover([end(1, 'b', '')], false)).toEqual({ outcome: 'changed', dropped: 0 });
      expect(await recover([end(0, 'a')], false)).toEqual({ outcome: 'recovered', dropped: 0 });
      expect(await listOf(keys.requests)).toEqual([' a', ' b', ' d', ' e', 'z']);
      expect(await server.look.exists(slots[0])).toBe(0);
    });

    it('continues if the reply list of a caller is not a list', async () => {
      const { keys, slots, replies, found, recover } = await newLostWorker(['a', 'b']);
      await server.look.set(replies('one'), 'no list');
      const [first, ...others] = found as [FoundSlot, ...FoundSlot[]];
      const dead = { reason: 'out of deliveries', message: 'three times' } as const;
      const tell = (name: string) => ({
        dead,
        reply: { list: replies(name), text: `for ${name}`, ttl: 60_000 },
      });
      const jobs = [
        { position: 0, ...tell('two') },
        { position: 1, ...tell('one') },
      ];
      expect(await recover([{ ...first, jobs }, ...others])).toEqual({
        outcome: 'recovered',
        dropped: 0,
      });
      expect(await server.look.zcard(keys.deadLetters.ids)).toBe(2);
      expect(await listOf(replies('two'))).toEqual(['for two']);
      expect(await server.look.get(replies('one'))).toBe('no list');
      expect(await server.look.exists(...slots)).toBe(0);
    });

    it.each(['requests', 'ids', 'letters'] as const)(
      'is refused before anything is done where the key of %s has another type',
      async (name) => {
        const { keys, slots, found, recover } = await newLostWorker(['a', 'b']);
        const { requests, deadLetters } = keys;
        await server.look.set({ requests, ...deadLetters }[name], 'odd');
        const [first, ...others] = found as [FoundSlot, ...FoundSlot[]];
        const dead = { reason: 'unreadable', message: 'not JSON' } as const;
        const jobs = [{ position: 0, dead }, { position: 1 }];
        await expect(recover([{ ...first, jobs }, ...others])).rejects.toThrow(/WRONGTYPE/);
        expect(await listOf(slots[0])).toEqual(['a', 'b']);
        expect(await server.look.zcard(keys.workers)).toBe(1);
      },
    );

    it('changes nothing if the worker has renewed its lease meanwhile', async () => {
      const { keys, recover, state } = await newLostWorker(['a']);
      await server.look.zadd(keys.workers, (await serverNow()) + 60_000, 'worker-1');
      const before = await state();
      expect(await recover()).toEqual({ outcome: 'alive', dropped: 0 });
      expect(await state()).toEqual(before);
    });

    it('changes nothing if another worker was faster', async () => {
      const { recover, state } = await newLostWorker(['a']);
      await recover();
      const before = await state();
      expect(await recover()).toEqual({ outcome: 'alive', dropped: 0 });
      expect(await state()).toEqual(before);
    });

    it.each<[string, number, string[]]>([
      ['holds another job', 0, ['b']],
      ['holds a job more', 0, ['a', 'b']],
      ['holds a job again', 1, ['b']],
      ['holds nothing any more', 0, []],
      ['holds what has left its place', 0, ['']],
    ])('changes nothing if a slot %s', async (_, index, jobs) => {
      const { slots, recover, state } = await newLostWorker(['a']);
      const slot = slots[index] ?? '';
      await server.look.del(slot);
      if (jobs.length > 0) {
        await server.look.rpush(slot, ...jobs);
      }
      const before = await state();
      expect(await recover()).toEqual({ outcome: 'changed', dropped: 0 });
      expect(await state()).toEqual(before);
    });
  });

  describe('inspecting a queue', () => {
    it('counts the waiting jobs and the workers with a valid lease', async () => {
      const { keys } = newQueue();
      await server.look.rpush(keys.requests, 'a', 'b', 'c');
      const now = await serverNow();
      await server.look.zadd(
        keys.workers,
        now - 1,
        'dead',
        now + 60_000,
        'one',
        now + 60_000,
        'two',
      );
      expect(await run(inspectQueue, keys)).toEqual({ workers: 2, queueLength: 3, age: 0 });
    });

    it.each<[string, string, number]>([
      ['with a deadline', '["1",null,{"c":"a","t":PUSHED,"d":99999999999999}]', 5_000],
      ['without one', '["1",null,{"c":"a","t":PUSHED}]', 5_000],
      ['that was delivered before', '  ["1",null,{"t":PUSHED}]\n', 5_000],
      ['of the original protocol', '["1",null]', 0],
      ['whose data looks like a time', '["1",{"t":PUSHED,"more":1}]', 0],
      ['of a clock that is ahead', '["1",null,{"t":99999999999999}]', 0],
      ['that cannot be read', 'no job', 0],
    ])('tells how long the first job waits: one %s', async (_, job, age) => {
      const { keys } = newQueue();
      const element = job.replace('PUSHED', String((await serverNow()) - 5_000));
      await server.look.rpush(keys.requests, element, '["2",null,{"t":1}]');
      const state = await run(inspectQueue, keys);
      expect(state.age).toBeGreaterThanOrEqual(age);
      expect(state.age).toBeLessThan(age + 1_000);
    });

    it('returns zero for an unknown queue', async () => {
      expect(await run(inspectQueue, newQueue().keys)).toEqual({
        workers: 0,
        queueLength: 0,
        age: 0,
      });
    });
  });

  describe('pruning expired jobs', () => {
    /** A job whose deadline is the given time from now, ms; by default without a deadline. */
    async function jobDueIn(offset?: number, data: unknown = null): Promise<string> {
      const now = await serverNow();
      const encoded = encodeJob('job-1', JSON.stringify(data), { replyTo: 'client-1' });
      return completeJob(encoded, now, offset === undefined ? undefined : now + offset);
    }

    const prune = (requests: string, from = 0) => run(pruneExpiredJobs, { requests, from });

    it('removes them from the head of the queue, and keeps the order of the others', async () => {
      const { keys } = newQueue();
      const expired = await jobDueIn(-1);
      const [due, later] = [await jobDueIn(60_000), await jobDueIn(61_000)];
      const emitted = await jobDueIn();
      const jobs = [expired, `  ${expired}`, due, expired, emitted, expired, `${expired}\n`, later];
      await server.look.rpush(keys.requests, ...jobs);
      expect(await prune(keys.requests)).toEqual({ dropped: 5, next: undefined });
      expect(await listOf(keys.requests)).toEqual([due, emitted, later]);
    });

    it('empties a queue of which all jobs are expired', async () => {
      const { keys } = newQueue();
      await server.look.rpush(keys.requests, await jobDueIn(-1), await jobDueIn(-60_000));
      expect(await prune(keys.requests)).toEqual({ dropped: 2, next: undefined });
      expect(await server.look.exists(keys.requests)).toBe(0);
    });

    it('does nothing to an empty queue', async () => {
      const { keys } = newQueue();
      expect(await prune(keys.requests)).toEqual({ dropped: 0, next: undefined });
    });

    it('continues behind unexpired jobs', async () => {
      const { keys } = newQueue();
      const emitted = await jobDueIn();
      const expired = await jobDueIn(-1);
      await server.look.rpush(
        keys.requests,
        ...Array.from({ length: 600 }, () => emitted),
        expired,
      );
      expect(await prune(keys.requests)).toEqual({ dropped: 0, next: 500 });
      expect(await prune(keys.requests, 500)).toEqual({ dropped: 1, next: undefined });
      expect(await server.look.llen(keys.requests)).toBe(600);
    });

    it('keeps the TTL of a queue', async () => {
      const { keys } = newQueue();
      await server.look.rpush(keys.requests, await jobDueIn(), await jobDueIn(-1));
      await server.look.expire(keys.requests, 60);
      await prune(keys.requests);
      expect(await server.look.ttl(keys.requests)).toBeGreaterThan(50);
      expect(await server.look.llen(keys.requests)).toBe(1);
    });

    it.each([
      ['without a deadline', '["job-1",1,{"t":1}]'],
      ['of an original requester', '["job-1",1]'],
      ['of an original requester with data that looks like meta', '["job-1",{"d":1}]'],
      ['that is no JSON', '["job-1",1,{"d":1}'],
      ['that is no array', '{"3":{"d":1}}'],
      ['that is null', 'null'],
      ['whose meta is null', '["job-1",1,null]'],
      ['whose meta is a text', '["job-1",1,"d"]'],
      ['whose deadline is a text', '["job-1",1,{"d":"1"}]'],
      ['whose deadline is null', '["job-1",1,{"d":null}]'],
      ['of an original requester with data that is our meta', '["job-1",{"c":"a","t":1,"d":2}]'],
      ['of an original requester with data that ends so', '["job-1",{"a":{},"t":1,"d":2}]'],
      ['of an original requester with an odd id', '["job\\"-1",{"c":"a","t":1,"d":2}]'],
      ['of an original requester with a number as its id', '[7,{"c":"a","t":1,"d":2}]'],
      ['of an original requester with a list', '["job-1",[1,{"c":"a","t":1,"d":2}]]'],
      [
        'of an original requester with much data that ends so',
        `["job-1",{"a":"${'x'.repeat(300_000)}","t":1,"d":2}]`,
      ],
      [
        'of an original requester with a long id',
        `["${'x'.repeat(300_000)}",{"c":"a","t":1,"d":2}]`,
      ],
    ])('keeps a job %s', async (_, job) => {
      const { keys } = newQueue();
      await server.look.rpush(keys.requests, job);
      expect((await prune(keys.requests)).dropped).toBe(0);
      expect(await listOf(keys.requests)).toEqual([job]);
    });

    it.each<[string, unknown]>([
      ['null', null],
      ['a long list', Array.from({ length: 1_000 }, (_, index) => index)],
      ['odd characters', { 'naïve ☃ 🎉': '\u0000\u2028' }],
      ['half a character', '\ud83c'],
      ['deeper than Lua decodes', JSON.parse(`${'['.repeat(1_200)}${']'.repeat(1_200)}`)],
      ['longer than Lua should decode', 'x'.repeat(1_000_000)],
    ])('removes a job whatever its data: %s', async (_, data) => {
      const { keys } = newQueue();
      await server.look.rpush(keys.requests, await jobDueIn(-1, data));
      await prune(keys.requests);
      expect(await server.look.exists(keys.requests)).toBe(0);
    });

    it('inspects a limited number of jobs, and tells that there may be more', async () => {
      const { keys } = newQueue();
      const expired = await jobDueIn(-1);
      await server.look.rpush(keys.requests, ...Array.from({ length: 700 }, () => expired));
      expect(await prune(keys.requests)).toEqual({ dropped: 500, next: 0 });
      expect(await server.look.llen(keys.requests)).toBe(200);
      expect(await prune(keys.requests)).toEqual({ dropped: 200, next: undefined });
      expect(await server.look.exists(keys.requests)).toBe(0);
    });

    it('inspects fewer jobs if they are large', async () => {
      const { keys } = newQueue();
      const large = await jobDueIn(-1, 'x'.repeat(200_000));
      await server.look.rpush(keys.requests, large, large, large, large);
      expect(await prune(keys.requests)).toEqual({ dropped: 2, next: 0 });
      expect(await server.look.llen(keys.requests)).toBe(2);
    });

    it.each<[string, Parameters<typeof encodeJob>[2]]>([
      ['headers', { replyTo: 'client-1', headers: { 'x-trace': '1' } }],
      ['a limit of its deliveries', { replyTo: 'client-1', maxDeliveries: 1 }],
      ['nobody to reply to', {}],
    ])('removes a job with %s', async (_, meta) => {
      const { keys } = newQueue();
      const job = completeJob(encodeJob('job-1', '{"d":9e15}', meta), 1, 2);
      await server.look.rpush(keys.requests, job);
      expect((await prune(keys.requests)).dropped).toBe(1);
    });
  });

  describe('pushing under conditions', () => {
    it('pushes while fewer jobs wait than allowed', async () => {
      const { keys } = newQueue();
      const push = (element: string) =>
        run(pushGuardedJob, {
          requests: keys.requests,
          workers: keys.workers,
          element,
          requireWorker: false,
          maxQueueLength: 2,
        });
      expect(await push('a')).toEqual({ outcome: 'pushed', queueLength: 1 });
      expect(await push('b')).toEqual({ outcome: 'pushed', queueLength: 2 });
      expect(await push('c')).toEqual({ outcome: 'full', queueLength: 2 });
      expect(await listOf(keys.requests)).toEqual(['a', 'b']);
    });

    it('pushes only if a worker is alive, when one is required', async () => {
      const { keys } = newQueue();
      const push = () =>
        run(pushGuardedJob, {
          requests: keys.requests,
          workers: keys.workers,
          element: 'a',
          requireWorker: true,
        });
      expect(await push()).toEqual({ outcome: 'no workers' });
      await server.look.zadd(keys.workers, (await serverNow()) - 1, 'dead');
      expect(await push()).toEqual({ outcome: 'no workers' });
      expect(await server.look.exists(keys.requests)).toBe(0);
      await server.look.zadd(keys.workers, (await serverNow()) + 60_000, 'alive');
      expect(await push()).toEqual({ outcome: 'pushed', queueLength: 1 });
      expect(await listOf(keys.requests)).toEqual(['a']);
    });

    it('checks both conditions', async () => {
      const { keys } = newQueue();
      const push = () =>
        run(pushGuardedJob, {
          requests: keys.requests,
          workers: keys.workers,
          element: 'a',
          requireWorker: true,
          maxQueueLength: 1,
        });
      await server.look.rpush(keys.requests, 'waiting');
      expect(await push()).toEqual({ outcome: 'no workers' });
      await server.look.zadd(keys.workers, (await serverNow()) + 60_000, 'alive');
      expect(await push()).toEqual({ outcome: 'full', queueLength: 1 });
    });

    it('keeps each byte of the element', async () => {
      const { keys } = newQueue();
      const element = '["naïve ☃ 🎉",{"a":"\\u0000"},{"t":1}]';
      await run(pushGuardedJob, {
        requests: keys.requests,
        workers: keys.workers,
        element,
        requireWorker: false,
      });
      expect(await listOf(keys.requests)).toEqual([element]);
    });
  });

  describe('pushing values of a stream', () => {
    it('appends them, and returns the size of the list', async () => {
      const { slots, replies } = newQueue();
      const list = replies('client-1');
      await server.look.rpush(slots[0], 'job');
      const push = (...frames: string[]) =>
        run(pushValues, { place: { key: slots[0], position: 0 }, list, ttl: 60_000, frames });
      expect(await push('1', '2')).toEqual({ length: 2, bytes: expect.any(Number) });
      const size = await push('3');
      expect(size?.length).toBe(3);
      expect(size?.bytes).toBeGreaterThan(3);
      expect(await run(measureList, { list })).toEqual(size);
      expect(await listOf(list)).toEqual(['1', '2', '3']);
      expect(await server.look.pttl(list)).toBeGreaterThan(50_000);
    });

    it('pushes nothing if the slot no longer holds the job', async () => {
      const { slots, replies } = newQueue();
      const list = replies('client-1');
      expect(
        await run(pushValues, {
          place: { key: slots[0], position: 0 },
          list,
          ttl: 60_000,
          frames: ['1'],
        }),
      ).toBeUndefined();
      expect(await listOf(list)).toEqual([]);
    });

    it('never shortens the TTL of the list', async () => {
      const { slots, replies } = newQueue();
      const list = replies('client-1');
      await server.look.rpush(slots[0], 'job');
      await run(pushValues, {
        place: { key: slots[0], position: 0 },
        list,
        ttl: 60_000,
        frames: ['1'],
      });
      await run(pushValues, {
        place: { key: slots[0], position: 0 },
        list,
        ttl: 1_000,
        frames: ['2'],
      });
      expect(await server.look.pttl(list)).toBeGreaterThan(50_000);
    });
  });

  describe('retiring a worker', () => {
    const retire = (isWatched: boolean, { keys, slots }: ReturnType<typeof newQueue>) =>
      run(retireWorker, {
        workers: keys.workers,
        totals: keys.totals,
        worker: keys.worker('worker-1'),
        workerId: 'worker-1',
        slots,
        isWatched,
      });

    /** A queue with one worker whose lease is valid. */
    async function newWorker() {
      const queue = newQueue();
      await server.look.zadd(queue.keys.workers, Date.now() + 60_000, 'worker-1');
      await server.look.hset(queue.keys.worker('worker-1'), 'slots', 4);
      return queue;
    }

    it('removes it', async () => {
      const queue = await newWorker();
      expect(await retire(false, queue)).toBe(true);
      expect(await server.look.exists(queue.keys.workers, queue.keys.worker('worker-1'))).toBe(0);
    });

    it.each([
      ['a job lies in one of its slots', false],
      ['a job may still come', true],
    ])('leaves it to other workers if %s', async (_, isWatched) => {
      const queue = await newWorker();
      if (!isWatched) {
        await server.look.rpush(queue.slots[2], 'job');
      }
      expect(await retire(isWatched, queue)).toBe(false);
      const expiry = await server.look.zscore(queue.keys.workers, 'worker-1');
      expect(Number(expiry)).toBeLessThanOrEqual(await serverNow());
      expect(await server.look.hget(queue.keys.worker('worker-1'), 'slots')).toBe('4');
    });

    it('does not add an unknown worker', async () => {
      const queue = newQueue();
      await retire(true, queue);
      expect(await server.look.exists(queue.keys.workers)).toBe(0);
    });
  });
});
