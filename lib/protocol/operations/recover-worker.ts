import type { DeadLetterKeys } from '../keys.js';
import { encodeHead, type Death, type DeadLetterBounds } from '../wire/dead-letter.js';
import type { DeadJobReply } from './move-to-dead-letters.js';
import { LUA_ADD_COUNTS } from './lua-add-counts.js';
import { LUA_KEEP_ALIVE } from './lua-keep-alive.js';
import { LUA_LETTERS } from './lua-letters.js';
import { LUA_NOW } from './lua-now.js';
import { LUA_PAST_OOM } from './lua-past-oom.js';

export interface RecoverWorker {
  readonly requests: string;
  readonly workers: string;
  readonly dead: DeadLetterKeys;
  readonly bounds: DeadLetterBounds;
  /** The hash of the lost worker. */
  readonly worker: string;
  /** The totals of the queue. */
  readonly totals: string;
  readonly workerId: string;
  /** Whether to delete the worker: nobody can use its slots any more, and they are empty after this call. */
  readonly forget: boolean;
  /** Some slots of the worker, with the content that was read. */
  readonly slots: readonly FoundSlot[];
}

/** A slot of a lost worker, or its last part. */
export interface FoundSlot {
  readonly key: string;
  /** The first position that was read; jobs before it stay. @default 0 */
  readonly from?: number;
  /** The SHA-1, in hex, of the elements from there on, joined by line feeds; `''` where there are none. */
  readonly digest: string;
  /** The jobs from there on, in their order. */
  readonly jobs: readonly FoundJob[];
}

/** A job of a lost worker. */
export interface FoundJob {
  /** The position of the job in the slot. */
  readonly position: number;
  /** The reason why the job is not run again; `undefined` = the job goes back to the queue. */
  readonly dead?: Death | undefined;
  /** The error for its caller in that case. */
  readonly reply?: DeadJobReply | undefined;
}

export interface RecoveryResult {
  /** `alive`: the worker has renewed its lease meanwhile. `changed`: a slot no longer holds the jobs that were read. */
  readonly outcome: 'recovered' | 'alive' | 'changed';
  /** How many of the oldest dead letters were removed, because there were more than the bounds allow. */
  readonly dropped: number;
}

const NO_LIST = 0;

/**
 * Recovers jobs of a lost worker: each goes to the head of the queue with one more space before it, or to the dead letters, with an
 * error for its caller. One step, so that two workers that find the same lost worker cannot both recover it. Many jobs are
 * recovered in several calls, the last jobs first, so that Redis is never blocked for long.
 */
export const recoverWorker = {
  name: 'reqrepRecoverWorker',
  // KEYS: requests, workers, dead ids, dead letters, worker, slot..., reply list..., totals
  // ARGV: worker id, forget (1 or 0), most letters, most bytes, number of slots, for each slot the first position and the digest, then
  //   for each job from the last to the first: number of its slot, position after the first one, head of the dead letter or '',
  //   number of its reply list or 0, frame, ttl
  // Output: {'recovered' | 'alive' | 'changed', letters dropped}
  // Everything that could be refused is tried before anything is changed. A reply list of a wrong type does not stop the recovery.
  lua: `${LUA_NOW}${LUA_KEEP_ALIVE}${LUA_PAST_OOM}${LUA_ADD_COUNTS}${LUA_LETTERS}
local requests, workers, ids, letters, worker = unpack(KEYS, 1, 5)
local id, forget, slots = ARGV[1], ARGV[2], tonumber(ARGV[5])
local jobs = 6 + 2 * slots
local expiry = redis.call('ZSCORE', workers, id)
if not expiry or tonumber(expiry) > now then return { 'alive', 0 } end

local found = {}
for i = 1, slots do
  found[i] = redis.call('LRANGE', KEYS[5 + i], ARGV[4 + 2 * i], -1)
  local digest = #found[i] > 0 and redis.sha1hex(table.concat(found[i], '\\n')) or ''
  if digest ~= ARGV[5 + 2 * i] then return { 'changed', 0 } end
end
redis.call('LLEN', requests)
for arg = jobs, #ARGV, 6 do
  if ARGV[arg + 2] ~= '' then
    checkLetters(ids, letters)
    break
  end
end

beginWriting(workers)
local isAnyDead = false
for arg = jobs, #ARGV, 6 do
  local slot, position, head, list, frame, ttl = unpack(ARGV, arg, arg + 5)
  local job = found[tonumber(slot)][position + 1]
  if head == '' then
    redis.call('LPUSH', requests, ' ' .. job)
  else
    bury(ids, letters, head, job)
    isAnyDead = true
  end
  if list ~= '0' then
    local replies = KEYS[5 + slots + list]
    if type(redis.pcall('RPUSH', replies, frame)) == 'number' then keepAlive(replies, ttl) end
  end
end
local dropped = isAnyDead and dropOldest(ids, letters, tonumber(ARGV[3]), tonumber(ARGV[4])) or 0
for i = 1, slots do
  local from = tonumber(ARGV[4 + 2 * i])
  if from == 0 then
    redis.call('DEL', KEYS[5 + i])
  else
    redis.call('LTRIM', KEYS[5 + i], 0, from - 1)
  end
end
if forget == '1' then
  addCounts(worker, KEYS[#KEYS])
  redis.call('ZREM', workers, id)
  redis.call('DEL', worker)
end
return { 'recovered', dropped }
`,
  keys: ({ requests, workers, dead, worker, totals, slots }: RecoverWorker) => [
    requests,
    workers,
    dead.ids,
    dead.letters,
    worker,
    ...slots.map(({ key }) => key),
    ...repliesOf(slots).map(({ list }) => list),
    totals,
  ],
  args: ({ workerId, forget, bounds, slots }: RecoverWorker) => {
    const replies = repliesOf(slots);
    const jobs = slots.flatMap((slot, index) =>
      slot.jobs.map(({ position, dead, reply }) => [
        index + 1,
        position - (slot.from ?? 0),
        dead ? encodeHead({ ...dead, worker: workerId }) : '',
        reply ? replies.indexOf(reply) + 1 : NO_LIST,
        reply?.text ?? '',
        reply?.ttl ?? 0,
      ]),
    );
    return [
      workerId,
      forget ? 1 : 0,
      bounds.maxDead,
      bounds.maxDeadBytes,
      slots.length,
      ...slots.flatMap(({ from = 0, digest }) => [from, digest]),
      // In reverse, since each job is pushed before the previous one.
      ...jobs.toReversed().flat(),
    ];
  },
  read: (answer: unknown): RecoveryResult => {
    const [outcome, dropped] = answer as [RecoveryResult['outcome'], number];
    return { outcome, dropped };
  },
};

const repliesOf = (slots: readonly FoundSlot[]): DeadJobReply[] =>
  slots.flatMap(({ jobs }) => jobs.flatMap(({ reply }) => (reply ? [reply] : [])));
