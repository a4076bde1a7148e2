import type { DeadReason } from '../dead-job.js';
import { LUA_EMPTY_PLACE, type Place } from './lua-empty-place.js';
import { LUA_KEEP_ALIVE } from './lua-keep-alive.js';
import { LUA_NOW } from './lua-now.js';

/** One job to move to the dead list. */
export interface DeadListMove {
  readonly place: Place;
  /** The key of the dead list. */
  readonly dead: string;
  readonly reason: DeadReason;
  /** The reason in words. */
  readonly message: string;
  readonly workerId: string;
  /** The reply to the caller; `undefined` if no caller waits. */
  readonly reply?: DeadJobReply | undefined;
}

/** The reply to the caller of a job that is not run any more. */
export interface DeadJobReply {
  /** The key of the caller's reply list. */
  readonly list: string;
  /** The frame with the error. */
  readonly text: string;
  /** Minimum time to live of the list from now on, ms. */
  readonly ttl: number;
}

/** `gone`: the slot no longer held the job. `moved without reply`: the key of the reply list holds no list, so nothing was pushed to it. */
export type DeadListMoveResult = 'moved' | 'moved without reply' | 'gone';

/** Moves a job from its slot to the dead list, with the reason. The element itself never leaves Redis. */
export const moveToDeadList = {
  name: 'reqrepMoveToDeadList',
  // KEYS: slot, dead, reply list or none
  // ARGV: position of the job, reason, message, worker id, frame, ttl
  // Output: 'moved' | 'moved without reply' | 'gone'
  lua: `${LUA_NOW}${LUA_KEEP_ALIVE}${LUA_EMPTY_PLACE}
local job = redis.pcall('LINDEX', KEYS[1], ARGV[1])
if type(job) ~= 'string' then return 'gone' end
if job == '' then
  -- The job has left its slot before, or was an empty text from the beginning.
  deleteIfEmpty(KEYS[1])
  return 'gone'
end
local kind = KEYS[3] and redis.call('TYPE', KEYS[3]).ok
beginWriting(KEYS[1])
redis.call('RPUSH', KEYS[2], cjson.encode({
  reason = ARGV[2], message = ARGV[3], worker = ARGV[4], at = now, job = job,
}))
emptyPlace(KEYS[1], ARGV[1])
deleteIfEmpty(KEYS[1])
if not kind then return 'moved' end
if kind ~= 'none' and kind ~= 'list' then return 'moved without reply' end
redis.call('RPUSH', KEYS[3], ARGV[5])
keepAlive(KEYS[3], ARGV[6])
return 'moved'
`,
  keys: ({ place, dead, reply }: DeadListMove) => [place.key, dead, ...(reply ? [reply.list] : [])],
  args: ({ place, reason, message, workerId, reply }: DeadListMove) => [
    place.position,
    reason,
    message,
    workerId,
    reply?.text ?? '',
    reply?.ttl ?? 0,
  ],
  read: (answer: unknown): DeadListMoveResult => answer as DeadListMoveResult,
};
