import type { DeadReason, ReplyToDead } from './bury-job.js';
import { LUA_KEEP_ALIVE } from './lua-keep-alive.js';
import { LUA_NOW } from './lua-now.js';

export interface RecoverWorker {
  readonly requests: string;
  readonly workers: string;
  readonly dead: string;
  /** The hash of the lost worker. */
  readonly worker: string;
  readonly workerId: string;
  /** Whether nobody is left who could use its slots, so that they need no more looking after. */
  readonly forget: boolean;
  /** All its slots, as they were found. */
  readonly slots: readonly FoundSlot[];
}

/** A slot of a lost worker. */
export interface FoundSlot {
  readonly key: string;
  /** The SHA-1, in hex, of what lies in it, joined by line feeds; `''` of an empty one. */
  readonly digest: string;
  /** The jobs in it, in their order. */
  readonly jobs: readonly FoundJob[];
}

/** A job of a lost worker. */
export interface FoundJob {
  readonly position: number;
  /** Why it is not to be run again; absent = back to the queue with it. */
  readonly dead?: { readonly reason: DeadReason; readonly message: string } | undefined;
  /** What its caller is told in that case. */
  readonly reply?: ReplyToDead | undefined;
}

/** `alive`: it has renewed its lease meanwhile. `changed`: a slot no longer holds what was found in it. */
export type RecoveryResult = 'recovered' | 'alive' | 'changed';

const NO_LIST = 0;

/**
 * Takes back the jobs of a lost worker: each goes to the head of the queue with one more space in front, or to the
 * dead list with a word to its caller. It is one step, so that two who find the same worker cannot both do it.
 */
export const recoverWorker = {
  name: 'reqrepRecoverWorker',
  // KEYS: requests, workers, dead, worker, slot..., reply list...
  // ARGV: worker id, forget (1 or 0), number of slots, the digest of each slot, then for each job from the last to the
  //   first: number of its slot, position, reason of death or '', message, number of its reply list or 0, frame, ttl
  // Output: 'recovered' | 'alive' | 'changed'
  lua: `${LUA_NOW}${LUA_KEEP_ALIVE}
local requests, workers, dead, worker = unpack(KEYS, 1, 4)
local id, forget, slots = ARGV[1], ARGV[2], tonumber(ARGV[3])
local expiry = redis.call('ZSCORE', workers, id)
if not expiry or tonumber(expiry) > now then return 'alive' end

local found = {}
for i = 1, slots do
  found[i] = redis.call('LRANGE', KEYS[4 + i], 0, -1)
  local digest = #found[i] > 0 and redis.sha1hex(table.concat(found[i], '\\n')) or ''
  if digest ~= ARGV[3 + i] then return 'changed' end
end

for arg = 4 + slots, #ARGV, 7 do
  local slot, position, reason, message, list, frame, ttl = unpack(ARGV, arg, arg + 6)
  local job = found[tonumber(slot)][position + 1]
  if reason == '' then
    redis.call('LPUSH', requests, ' ' .. job)
  else
    redis.call('RPUSH', dead, cjson.encode({
      reason = reason, message = message, worker = id, at = now, job = job,
    }))
  end
  if list ~= '0' then
    redis.call('RPUSH', KEYS[4 + slots + list], frame)
    keepAlive(KEYS[4 + slots + list], ttl)
  end
end
for i = 1, slots do
  redis.call('DEL', KEYS[4 + i])
end
if forget == '1' then
  redis.call('ZREM', workers, id)
  redis.call('DEL', worker)
end
return 'recovered'
`,
  keys: ({ requests, workers, dead, worker, slots }: RecoverWorker) => [
    requests,
    workers,
    dead,
    worker,
    ...slots.map(({ key }) => key),
    ...repliesOf(slots).map(({ list }) => list),
  ],
  args: ({ workerId, forget, slots }: RecoverWorker) => {
    const replies = repliesOf(slots);
    const jobs = slots.flatMap((slot, index) =>
      slot.jobs.map(({ position, dead, reply }) => [
        index + 1,
        position,
        dead?.reason ?? '',
        dead?.message ?? '',
        reply ? replies.indexOf(reply) + 1 : NO_LIST,
        reply?.text ?? '',
        reply?.ttl ?? 0,
      ]),
    );
    return [
      workerId,
      forget ? 1 : 0,
      slots.length,
      ...slots.map(({ digest }) => digest),
      // Each goes in front of those before.
      ...jobs.toReversed().flat(),
    ];
  },
  read: (answer: unknown): RecoveryResult => answer as RecoveryResult,
};

const repliesOf = (slots: readonly FoundSlot[]): ReplyToDead[] =>
  slots.flatMap(({ jobs }) => jobs.flatMap(({ reply }) => (reply ? [reply] : [])));
