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
  /** SHA-1 of the job in it, in hex; `''` when it was empty. */
  readonly digest: string;
  /** Why its job is not to be run again; absent = back to the queue with it. */
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
  // ARGV: worker id, forget (1 or 0), number of slots,
  //   then for each slot: SHA-1 of its job or '', reason of death or '', message, index of its reply list or 0, frame, ttl
  // Output: 'recovered' | 'alive' | 'changed'
  lua: `${LUA_NOW}${LUA_KEEP_ALIVE}
local requests, workers, dead, worker = unpack(KEYS, 1, 4)
local id, forget, slots = ARGV[1], ARGV[2], tonumber(ARGV[3])
local expiry = redis.call('ZSCORE', workers, id)
if not expiry or tonumber(expiry) > now then return 'alive' end

local jobs = {}
for i = 1, slots do
  local job = redis.call('LINDEX', KEYS[4 + i], 0)
  local found = job and redis.sha1hex(job) or ''
  if found ~= ARGV[6 * i - 2] then return 'changed' end
  jobs[i] = job
end

for i = slots, 1, -1 do
  local job = jobs[i]
  if job then
    local reason, message, list, frame, ttl = unpack(ARGV, 6 * i - 1, 6 * i + 3)
    redis.call('DEL', KEYS[4 + i])
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
    ...slots.flatMap(({ reply }) => (reply ? [reply.list] : [])),
  ],
  args: ({ workerId, forget, slots }: RecoverWorker) => {
    let lists = NO_LIST;
    return [
      workerId,
      forget ? 1 : 0,
      slots.length,
      ...slots.flatMap(({ digest, dead, reply }) => [
        digest,
        dead?.reason ?? '',
        dead?.message ?? '',
        reply ? ++lists : NO_LIST,
        reply?.text ?? '',
        reply?.ttl ?? 0,
      ]),
    ];
  },
  read: (answer: unknown): RecoveryResult => answer as RecoveryResult,
};
