import { putAwayJob } from '../../../lib/protocol/operations/put-away-job.js';
import { createHash } from 'node:crypto';
import { Keys } from '../../../lib/protocol/keys.js';
import { moveToDeadLetters } from '../../../lib/protocol/operations/move-to-dead-letters.js';
import {
  removeDeadLetters,
  retryDeadLetter,
} from '../../../lib/protocol/operations/dead-letters.js';
import { giveBackJobs } from '../../../lib/protocol/operations/give-back-jobs.js';
import { pushValues } from '../../../lib/protocol/operations/push-values.js';
import { settleJobs, type SettleJobs } from '../../../lib/protocol/operations/settle-jobs.js';
import { takeListedLetter } from '../../../lib/protocol/operations/take-listed-letter.js';
import { takeJobs } from '../../../lib/protocol/operations/take-jobs.js';
import type { Run, Script } from '../../../lib/driver/operation.js';
import { NO_BOUNDS } from '../../support/dead-letters.js';
import type { Look } from '../../support/memory-look.js';
import { randomQueue } from '../../support/random-queue.js';

/** One call of a script on its own keys. */
export interface ScriptCase {
  readonly name: string;
  /** Creates the keys, and returns the call. */
  prepare(redis: Look): Promise<ScriptCall>;
}

/** A script with its input. */
export interface ScriptCall {
  /** Prefix of all its keys. */
  readonly prefix: string;
  run(run: Run): Promise<unknown>;
}

export const callOf = <Input>(
  prefix: string,
  script: Script<Input, unknown>,
  input: Input,
): ScriptCall => ({
  prefix,
  run: (run) => run(script, input),
});

/** @returns the content of each key with a prefix; of a sorted set the members only, because scores are times. */
export async function contentsOf(redis: Look, prefix: string): Promise<Record<string, unknown>> {
  const contents: Record<string, unknown> = {};
  for (const key of (await redis.keys(`${prefix}*`)).toSorted()) {
    const type = await redis.type(key);
    contents[key] =
      type === 'list'
        ? await redis.lrange(key, 0, -1)
        : type === 'zset'
          ? await redis.zrange(key, 0, '-1')
          : type === 'hash'
            ? Object.fromEntries(Object.entries(await redis.hgetall(key)).toSorted())
            : await redis.get(key);
  }
  return contents;
}

/** An input that settles nothing and takes nothing. */
export const NOTHING: SettleJobs = {
  slots: [],
  places: [],
  groups: [],
  takes: [],
  bypassesLua: false,
  isRepeated: false,
};

/** Keys of an unused queue, in which three jobs wait and two are in the first slot. */
export async function newQueue(redis: Look) {
  const prefix = randomQueue();
  const keys = new Keys().queue(prefix);
  const slot = (index: number): string => keys.active('worker-1', index);
  await redis.rpush(keys.requests, 'a', 'b', 'c');
  await redis.rpush(slot(0), 'one', 'two');
  const list = new Keys(prefix).replies('client');
  const place = (position: number) => ({ key: slot(0), position });
  return { prefix, keys, slot, list, place };
}

type NewQueue = Awaited<ReturnType<typeof newQueue>>;

const settling = (name: string, inputOf: (queue: NewQueue) => Partial<SettleJobs>): ScriptCase => ({
  name: `settling ${name}`,
  prepare: async (redis) => {
    const queue = await newQueue(redis);
    return callOf(queue.prefix, settleJobs, { ...NOTHING, ...inputOf(queue) });
  },
});

const groupsOf = ({ list }: NewQueue) => [
  { list, ttl: 60_000, frames: ['reply'] },
  { list: `${list}-other`, ttl: 60_000, frames: ['r1', 'r2'] },
];
const takeOf = ({ keys, slot }: NewQueue, most: number) => [
  { requests: keys.requests, slot: slot(1), most, isLong: false },
];

const taking = (name: string, most: number): ScriptCase => ({
  name: `taking ${name}`,
  prepare: async (redis) => {
    const { prefix, keys, slot } = await newQueue(redis);
    return callOf(prefix, takeJobs, { requests: keys.requests, slot: slot(1), most });
  },
});

/** Keys of a queue with three dead letters, and two in the list of earlier versions. */
async function newLetters(redis: Look) {
  const queue = await newQueue(redis);
  const { deadList, deadLetters } = queue.keys;
  const ids = ['1700000000000-000001', '1700000000000-000002', '1700000000001-000003'];
  for (const id of ids) {
    await redis.zadd(deadLetters.ids, id.slice(0, 13), id);
    await redis.hset(deadLetters.letters, id, `{}\n${id}`);
  }
  await redis.hset(deadLetters.letters, 'bytes', 69);
  await redis.hset(deadLetters.letters, 'last', 3);
  await redis.rpush(deadList, 'first', 'second');
  return { ...queue, ids };
}

const death = {
  bounds: NO_BOUNDS,
  reason: 'out of deliveries',
  message: 'twice',
  workerId: 'worker-1',
} as const;

/** Scripts that free memory, at the latest when their jobs have ended. */
export const FREEING_CASES: readonly ScriptCase[] = [
  taking('some of many jobs', 2),
  taking('all jobs', 9),
  settling('a whole slot with replies', (queue) => ({
    slots: [queue.slot(0)],
    groups: groupsOf(queue),
  })),
  settling('a whole slot without a reply', (queue) => ({ slots: [queue.slot(0)] })),
  settling('a place with replies', (queue) => ({
    places: [queue.place(1)],
    groups: groupsOf(queue),
  })),
  settling('a place without a reply', (queue) => ({ places: [queue.place(1)] })),
  settling('all places', (queue) => ({ places: [queue.place(0), queue.place(1)] })),
  settling('and taking', (queue) => ({ slots: [queue.slot(0)], takes: takeOf(queue, 2) })),
  settling('nothing and taking some of many', (queue) => ({ takes: takeOf(queue, 2) })),
  settling('nothing and taking all', (queue) => ({ takes: takeOf(queue, 9) })),
  {
    name: 'giving jobs back',
    prepare: async (redis) => {
      const { prefix, keys, place } = await newQueue(redis);
      const places = [place(0), place(1)];
      return callOf(prefix, giveBackJobs, { requests: keys.requests, places });
    },
  },
  {
    name: 'giving one job back',
    prepare: async (redis) => {
      const { prefix, keys, place } = await newQueue(redis);
      return callOf(prefix, giveBackJobs, { requests: keys.requests, places: [place(1)] });
    },
  },
  {
    name: 'moving a job to the dead letters',
    prepare: async (redis) => {
      const { prefix, keys, place } = await newQueue(redis);
      return callOf(prefix, moveToDeadLetters, {
        ...death,
        dead: keys.deadLetters,
        place: place(1),
      });
    },
  },
  {
    name: 'moving a job to the dead letters, with a reply to its caller',
    prepare: async (redis) => {
      const { prefix, keys, place, list } = await newQueue(redis);
      const reply = { list, text: 'frame', ttl: 60_000 };
      const dead = keys.deadLetters;
      return callOf(prefix, moveToDeadLetters, { ...death, dead, place: place(1), reply });
    },
  },
  {
    name: 'putting a waiting job away',
    prepare: async (redis) => {
      const { prefix, keys } = await newQueue(redis);
      const { requests } = keys;
      await redis.rpush(requests, 'same', 'other', 'same');
      const away = keys.purged('1');
      return callOf(prefix, putAwayJob, { requests, away, element: 'same', ttl: 60_000 });
    },
  },
  {
    name: 'retrying a dead letter',
    prepare: async (redis) => {
      const { prefix, keys, ids } = await newLetters(redis);
      const [id = ''] = ids;
      const { requests, deadLetters: dead } = keys;
      return callOf(prefix, retryDeadLetter, { dead, id, requests, element: 'one again' });
    },
  },
  {
    name: 'removing some of the dead letters',
    prepare: async (redis) => {
      const { prefix, keys, ids } = await newLetters(redis);
      return callOf(prefix, removeDeadLetters, { dead: keys.deadLetters, ids: ids.slice(1) });
    },
  },
  {
    name: 'removing all dead letters',
    prepare: async (redis) => {
      const { prefix, keys, ids } = await newLetters(redis);
      return callOf(prefix, removeDeadLetters, { dead: keys.deadLetters, ids });
    },
  },
  {
    name: 'retrying a dead letter of an earlier version',
    prepare: async (redis) => {
      const { prefix, keys } = await newLetters(redis);
      return callOf(prefix, takeListedLetter, {
        list: keys.deadList,
        position: 1,
        digest: createHash('sha1').update('second').digest('hex'),
        retry: { requests: keys.requests, element: 'second again' },
      });
    },
  },
];

/** Values of a stream, which are limited in number, and whose end frees memory. */
export const STREAM_CASE: ScriptCase = {
  name: 'pushing values of a stream',
  prepare: async (redis) => {
    const { prefix, list, place } = await newQueue(redis);
    return callOf(prefix, pushValues, { place: place(0), list, ttl: 60_000, frames: ['v'] });
  },
};
