import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import * as fc from 'fast-check';
import type { Operation, Transaction } from '../../../lib/driver/operation.js';
import {
  countKeys,
  deleteKey,
  expireKey,
  renameKey,
  renameKeyIfFree,
} from '../../../lib/protocol/operations/keys.js';
import {
  listHead,
  listLength,
  moveHead,
  popFirst,
  pushToList,
  readList,
  readListBytes,
  trimList,
  waitForHead,
} from '../../../lib/protocol/operations/lists.js';
import { settleLongJobs } from '../../../lib/protocol/operations/settle-long-jobs.js';
import { waitForJob } from '../../../lib/protocol/operations/wait-for-job.js';
import { moveToDeadLetters } from '../../../lib/protocol/operations/move-to-dead-letters.js';
import {
  countDeadLetters,
  readDeadIds,
  readDeadLetters,
  removeDeadLetters,
  retryDeadLetter,
} from '../../../lib/protocol/operations/dead-letters.js';
import { describeWorker } from '../../../lib/protocol/operations/describe-worker.js';
import { giveBackJobs } from '../../../lib/protocol/operations/give-back-jobs.js';
import { inspectQueue } from '../../../lib/protocol/operations/inspect-queue.js';
import { measureList } from '../../../lib/protocol/operations/measure-list.js';
import { pruneExpiredJobs } from '../../../lib/protocol/operations/prune-expired-jobs.js';
import { pushGuardedJob } from '../../../lib/protocol/operations/push-guarded-job.js';
import { pushJobs } from '../../../lib/protocol/operations/push-jobs.js';
import { putAwayJob } from '../../../lib/protocol/operations/put-away-job.js';
import { pushValues } from '../../../lib/protocol/operations/push-values.js';
import { recoverWorker } from '../../../lib/protocol/operations/recover-worker.js';
import { announceQueues } from '../../../lib/protocol/operations/announce-queues.js';
import { listQueues } from '../../../lib/protocol/operations/list-queues.js';
import { markPaused } from '../../../lib/protocol/operations/mark-paused.js';
import { readWorkers } from '../../../lib/protocol/operations/read-workers.js';
import { renewLease } from '../../../lib/protocol/operations/renew-lease.js';
import { retireWorker } from '../../../lib/protocol/operations/retire-worker.js';
import { settleJobs, type SettleJobs } from '../../../lib/protocol/operations/settle-jobs.js';
import { takeListedLetter } from '../../../lib/protocol/operations/take-listed-letter.js';
import { takeJobs } from '../../../lib/protocol/operations/take-jobs.js';
import { digestOf } from '../../../lib/worker/liveness/slot-parts.js';
import type { ContractServer } from './contract-servers.js';
import type { BlockedLines } from './blocked-lines.js';

/** One step of a sequence: an action on a server, with its outcome. */
export interface Step {
  /**
   * @param prefix - goes in front of every key.
   * @param blocked - lines for what waits.
   */
  act(server: ContractServer, prefix: string, blocked: BlockedLines): Promise<unknown>;
}

const SLOTS = ['slot0', 'slot1', 'slot2'] as const;
const REPLIES = ['replies0', 'replies1'] as const;
const LISTS = ['jobs', 'more', ...SLOTS, ...REPLIES] as const;
/** Base keys, without those that operations derive from them. */
export const KEYS = [
  ...LISTS,
  'deadList',
  'deadIds',
  'deadLetters',
  'leases',
  'worker1',
  'worker2',
  'totals',
  'paused',
  'registry',
] as const;

/** A time so far from now that the clocks of two servers agree about it. */
const FAR_MS = 3_600_000;

const aList = fc.constantFrom(...LISTS);
const twoLists = fc.shuffledSubarray([...LISTS], { minLength: 2, maxLength: 2 });
const aSlot = fc.constantFrom(...SLOTS);
const aQueue = fc.constantFrom('jobs', 'more');
const aReplyList = fc.constantFrom(...REPLIES);
const aWorker = fc.constantFrom('1', '2');
const aPosition = fc.integer({ min: 0, max: 3 });
const anIndex = fc.integer({ min: -3, max: 4 });
const aTtl = fc.constantFrom(FAR_MS, 2 * FAR_MS);
/** A deadline, which has sometimes passed. */
const aLife = fc.constantFrom(FAR_MS, 2 * FAR_MS, 0, -1);
const aText = fc.constantFrom(
  'a',
  'b\n',
  '',
  ' c',
  'expired',
  'naïve ☃ 🎉',
  '["x",1,{"c":"a","t":1,"d":2}]',
  '  ["x",{"c":"a","t":1,"d":2}]',
  '["x",1,{"h":{},"t":1,"d":2}]\n',
  '["x",1,{"c":"a","t":1,"d":99999999999999}]',
);
const anElement = fc.oneof(aText, fc.constant(Buffer.from([0x5b, 0xff, 0x00, 0x80])));
const some = <Value>(arbitrary: fc.Arbitrary<Value>, maxLength = 3) =>
  fc.array(arbitrary, { minLength: 1, maxLength });
const aPlace = fc.record({ key: aSlot, position: aPosition });
const aReply = fc.record({ list: aReplyList, text: aText, ttl: aTtl });
const aFrameGroup = fc.record({ list: aReplyList, ttl: aTtl, frames: some(aText) });

const someBounds = fc.record({
  maxDead: fc.integer({ min: 1, max: 3 }),
  maxDeadBytes: fc.constantFrom(150, 1_000_000),
});
const deadKeys = (key: (name: string) => string) => ({
  ids: key('deadIds'),
  letters: key('deadLetters'),
});

/** Makes a step of an operation. @param inputOf - puts the prefix in front of the keys. */
const step = <Value, Input>(
  arbitrary: fc.Arbitrary<Value>,
  operation: Operation<Input, unknown>,
  inputOf: (value: Value, key: (name: string) => string) => Input,
): fc.Arbitrary<Step> =>
  arbitrary.map((value) =>
    named(`${operation.name} ${fc.stringify(value)}`, {
      act: (server, prefix) =>
        server.line.run(
          operation,
          inputOf(value, (name) => prefix + name),
        ),
    }),
  );

const named = (name: string, given: Step): Step =>
  Object.assign(given, { [fc.toStringMethod]: () => name });

const aSettle = fc
  .record({
    slots: fc.uniqueArray(aSlot, { maxLength: 2 }),
    places: fc.uniqueArray(aPlace, {
      maxLength: 3,
      selector: ({ key, position }) => key + position,
    }),
    groups: fc.uniqueArray(aFrameGroup, { maxLength: 2, selector: ({ list }) => list }),
    takes: fc.array(
      fc.record({
        requests: aQueue,
        slot: aSlot,
        most: fc.integer({ min: 1, max: 3 }),
        isLong: fc.boolean(),
      }),
      { maxLength: 2 },
    ),
    isRepeated: fc.boolean(),
  })
  // A slot is settled as a whole or by its places, those of one slot together, and is none that is taken into.
  .map((input) => ({
    ...input,
    places: input.places
      .filter(({ key }) => !input.slots.includes(key))
      .toSorted((one, other) => one.key.localeCompare(other.key)),
  }));

type Settle = typeof aSettle extends fc.Arbitrary<infer Value> ? Value : never;

const settleOf = (
  { slots, places, groups, takes, isRepeated }: Settle,
  key: (name: string) => string,
  bypassesLua: boolean,
): SettleJobs => ({
  slots: slots.map(key),
  places: places.map((place) => ({ ...place, key: key(place.key) })),
  groups: groups.map((group) => ({ ...group, list: key(group.list) })),
  takes: takes.map((take) => ({ ...take, requests: key(take.requests), slot: key(take.slot) })),
  bypassesLua,
  isRepeated,
});

/** Long jobs are taken one by one. */
const settlingBeside = aSettle.map((value) =>
  named(`settleLongJobs ${fc.stringify(value)}`, {
    act: (server, prefix) => {
      const input = settleOf(value, (name) => prefix + name, true);
      const takes = input.takes.map((take) => (take.isLong ? { ...take, most: 1 } : take));
      const transaction: Transaction<SettleJobs, unknown> = settleLongJobs;
      return server.line.transact(transaction, { ...input, takes });
    },
  }),
);

/** Reads slots as `JobRecovery` does, sometimes with an outdated content. */
const recovering = fc
  .record({
    workerId: aWorker,
    forget: fc.boolean(),
    slots: fc.uniqueArray(fc.record({ slot: aSlot, from: fc.integer({ min: 0, max: 1 }) }), {
      minLength: 1,
      maxLength: 2,
      selector: ({ slot }) => slot,
    }),
    isLate: fc.integer({ min: 0, max: 9 }).map((chance) => chance === 0),
    dead: fc.option(aReply, { nil: undefined }),
    bounds: someBounds,
  })
  .map((value) =>
    named(`recoverWorker ${fc.stringify(value)}`, {
      act: async (server, prefix) => {
        const { workerId, forget, isLate, dead, bounds } = value;
        const slots = await Promise.all(
          value.slots.map(async ({ slot, from }) => {
            const key = prefix + slot;
            const jobs = await server.look.lrangeBuffer(key, from, -1);
            return {
              key,
              from,
              digest: isLate ? 'other' : digestOf(jobs),
              jobs: jobs.flatMap((job, index) => {
                const death = dead && index === 0 ? deathOf(dead, prefix) : {};
                return job.length === 0 ? [] : [{ position: from + index, ...death }];
              }),
            };
          }),
        );
        return server.line.run(recoverWorker, {
          requests: `${prefix}jobs`,
          workers: `${prefix}leases`,
          dead: deadKeys((name) => prefix + name),
          bounds,
          worker: `${prefix}worker${workerId}`,
          totals: `${prefix}totals`,
          workerId,
          forget,
          slots,
        });
      },
    }),
  );

const deathOf = (reply: { list: string; text: string; ttl: number }, prefix: string) => ({
  dead: { reason: 'out of deliveries', message: 'twice ☃', attempts: 2 } as const,
  reply: { ...reply, list: prefix + reply.list },
});

/** Creates a key of an unexpected type, or a lease that lapsed long ago. */
const spoiling = fc.oneof(
  fc.constantFrom(...KEYS).map((name) =>
    named(`spoil ${name}`, {
      act: async (server, prefix) => {
        const key = prefix + name;
        await server.look.del(key);
        await server.look.set(key, 'odd');
      },
    }),
  ),
  aWorker.map((id) =>
    named(`lapse ${id}`, {
      act: async (server, prefix) => {
        const key = `${prefix}leases`;
        if (['none', 'zset'].includes(await server.look.type(key))) {
          await server.look.zadd(key, 1_000 + Number(id), id);
        }
      },
    }),
  ),
);

/** Chooses among the letters that a server has, whose ids tell its time. */
const letters: readonly fc.Arbitrary<Step>[] = [
  fc.constantFrom('read', 'remove', 'retry').chain((kind) =>
    fc.tuple(fc.uniqueArray(aPosition, { minLength: 1 }), aQueue).map(([positions, queue]) =>
      named(`${kind} letters ${fc.stringify([positions, queue])}`, {
        act: async ({ line, look }, prefix) => {
          const dead = deadKeys((name) => prefix + name);
          const all =
            (await look.type(dead.ids)) === 'zset' ? await look.zrange(dead.ids, 0, '-1') : [];
          const ids = positions.map((position) => all[position] ?? `${position}`);
          switch (kind) {
            case 'read':
              return line.run(readDeadLetters, { dead, ids });
            case 'remove':
              return line.run(removeDeadLetters, { dead, ids });
            default: {
              const [id = ''] = ids;
              const requests = prefix + queue;
              return line.run(retryDeadLetter, { dead, id, requests, element: 'again' });
            }
          }
        },
      }),
    ),
  ),
  step(fc.tuple(aPosition, aPosition), readDeadIds, ([first, more], key) => ({
    dead: deadKeys(key),
    first,
    last: first + more,
  })),
  step(fc.constant(undefined), countDeadLetters, (_, key) => deadKeys(key)),
  step(some(aText), pushToList, (elements, key) => ({ list: key('deadList'), elements })),
  fc.tuple(aPosition, fc.option(aQueue), fc.boolean()).map(([position, queue, isThere]) =>
    named(`takeListedLetter ${fc.stringify([position, queue, isThere])}`, {
      act: async ({ line, look }, prefix) => {
        const list = `${prefix}deadList`;
        const isList = (await look.type(list)) === 'list';
        const [text = ''] = isList ? await look.lrange(list, position, position) : [];
        const digest = createHash('sha1').update(text).digest('hex').slice(0, 12);
        return line.run(takeListedLetter, {
          list,
          position,
          digest: isThere ? digest : 'other',
          retry: queue === null ? undefined : { requests: prefix + queue, element: 'again' },
        });
      },
    }),
  ),
];

const description = { slots: 2, connections: '', server: 'run', host: 'höst', pid: 1, started: 1 };

const retiring = step(
  fc.tuple(aWorker, some(aSlot), fc.boolean()),
  retireWorker,
  ([id, slots, isWatched], key) => ({
    workers: key('leases'),
    worker: key(`worker${id}`),
    totals: key('totals'),
    workerId: id,
    counts: { done: 2, runMs: 7 },
    slots: slots.map(key),
    isWatched,
  }),
).map((retire): Step => ({
  ...retire,
  act: async (...args) => {
    const output = await retire.act(...args);
    // A lease that lapses now stands until the millisecond is over.
    await delay(2);
    return output;
  },
}));

const leasing: readonly fc.Arbitrary<Step>[] = [
  step(aWorker, renewLease, (id, key) => ({
    workers: key('leases'),
    worker: key(`worker${id}`),
    paused: key('paused'),
    workerId: id,
    lease: FAR_MS,
    description,
  })),
  retiring,
  step(aWorker, describeWorker, (id, key) => key(`worker${id}`)),
  step(some(fc.constantFrom('jobs', 'möre')), announceQueues, (queues, key) => ({
    registry: key('registry'),
    queues,
  })),
  step(fc.constant('paused'), markPaused, (paused, key) => ({ paused: key(paused), since: 5 })),
  step(fc.constant('registry'), listQueues, (registry, key) => key(registry)),
  step(some(aWorker), readWorkers, (ids, key) => ({
    workers: key('leases'),
    totals: key('totals'),
    hashes: ids.map((id) => key(`worker${id}`)),
  })),
  step(aQueue, inspectQueue, (queue, key) => ({ requests: key(queue), workers: key('leases') })),
];

const SECONDS = 60;

/** Blocks a line, whose outcome is known at the end. */
const waiting = fc
  .record({
    line: fc.integer({ min: 0, max: 2 }),
    kind: fc.constantFrom('job', 'head', 'pop'),
    list: aList,
    others: fc.uniqueArray(aList, { maxLength: 2 }),
    slot: aSlot,
  })
  .map((value) =>
    named(`wait ${fc.stringify(value)}`, {
      act: (_server, prefix, blocked) =>
        blocked.wait(value.line, (line) => {
          const list = prefix + value.list;
          switch (value.kind) {
            case 'job':
              return line.run(waitForJob, {
                requests: list,
                slot: prefix + value.slot,
                seconds: SECONDS,
              });
            case 'head':
              return line.run(waitForHead, { list, seconds: SECONDS });
            default:
              return line.run(popFirst, {
                lists: [list, ...value.others.map((other) => prefix + other)],
                seconds: SECONDS,
              });
          }
        }),
    }),
  );

const plain: readonly fc.Arbitrary<Step>[] = [
  step(aList, deleteKey, (list, key) => key(list)),
  step(fc.tuple(aList, aLife), expireKey, ([list, ms], key) => ({ key: key(list), ms })),
  step(fc.tuple(aList, aList), renameKey, ([from, to], key) => ({ key: key(from), to: key(to) })),
  step(fc.tuple(aList, aList), renameKeyIfFree, ([from, to], key) => ({
    key: key(from),
    to: key(to),
  })),
  step(
    fc.tuple(twoLists, aText, aLife),
    putAwayJob,
    ([[requests = '', away = ''], element, ttl], key) => ({
      requests: key(requests),
      away: key(away),
      element,
      ttl,
    }),
  ),
  step(some(fc.constantFrom(...KEYS)), countKeys, (names, key) => names.map(key)),
  step(fc.tuple(aList, anIndex, anIndex), readList, ([list, first, last], key) => ({
    list: key(list),
    first,
    last,
  })),
  step(fc.tuple(aList, anIndex, anIndex), readListBytes, ([list, first, last], key) => ({
    list: key(list),
    first,
    last,
  })),
  step(fc.tuple(aList, anIndex, anIndex), trimList, ([list, first, last], key) => ({
    list: key(list),
    first,
    last,
  })),
  step(aList, listLength, (list, key) => key(list)),
  step(aList, listHead, (list, key) => key(list)),
  step(aList, measureList, (list, key) => ({ list: key(list) })),
  step(fc.tuple(aList, aList), moveHead, ([from, to], key) => ({ from: key(from), to: key(to) })),
];

const pushing = step(
  fc.tuple(fc.constantFrom('jobs', 'jobs', 'more', ...LISTS), some(anElement)),
  pushToList,
  ([list, elements], key) => ({ list: key(list), elements }),
);

const jobs: readonly fc.Arbitrary<Step>[] = [
  step(
    fc.tuple(aQueue, aSlot, fc.integer({ min: 1, max: 3 })),
    takeJobs,
    ([from, slot, most], key) => ({
      requests: key(from),
      slot: key(slot),
      most,
    }),
  ),
  step(fc.tuple(aQueue, some(aPlace)), giveBackJobs, ([queue, places], key) => ({
    requests: key(queue),
    places: places.map((place) => ({ ...place, key: key(place.key) })),
  })),
  step(aSettle, settleJobs, (value, key) => settleOf(value, key, false)),
  step(
    fc.tuple(aPlace, fc.option(aReply, { nil: undefined }), someBounds),
    moveToDeadLetters,
    ([place, reply, bounds], key) => ({
      place: { ...place, key: key(place.key) },
      dead: deadKeys(key),
      bounds,
      reason: 'unreadable' as const,
      message: 'no "JSON" ☃',
      workerId: '1',
      reply: reply && { ...reply, list: key(reply.list) },
    }),
  ),
  step(
    fc.tuple(aQueue, fc.integer({ min: 0, max: 2 })),
    pruneExpiredJobs,
    ([queue, from], key) => ({
      requests: key(queue),
      from,
    }),
  ),
  step(
    fc.tuple(fc.constantFrom('jobs', 'more', ...LISTS), some(aText)),
    pushJobs,
    ([list, elements], key) => ({
      requests: key(list),
      elements,
    }),
  ),
  step(
    fc.tuple(aText, fc.boolean(), fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined })),
    pushGuardedJob,
    ([element, requireWorker, maxQueueLength], key) => ({
      requests: key('jobs'),
      workers: key('leases'),
      element,
      requireWorker,
      maxQueueLength,
    }),
  ),
  step(
    fc.tuple(aPlace, aReplyList, aTtl, some(aText)),
    pushValues,
    ([place, list, ttl, frames], key) => ({
      place: { ...place, key: key(place.key) },
      list: key(list),
      ttl,
      frames,
    }),
  ),
];

/** Any step. Pushes are frequent, because most of the others need jobs. */
export const aStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: pushing },
  { weight: 6, arbitrary: fc.oneof(...plain) },
  { weight: 9, arbitrary: fc.oneof(...jobs, settlingBeside, recovering) },
  { weight: 4, arbitrary: fc.oneof(...letters) },
  { weight: 3, arbitrary: fc.oneof(...leasing) },
  { weight: 3, arbitrary: waiting },
  { weight: 1, arbitrary: spoiling },
);
