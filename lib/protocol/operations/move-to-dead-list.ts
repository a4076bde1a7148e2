import type { DeadReason } from '../dead-job.js';
import { LUA_EMPTY_PLACE, type Place } from './lua-empty-place.js';
import { LUA_KEEP_ALIVE } from './lua-keep-alive.js';
import { LUA_NOW } from './lua-now.js';

export interface DeadListMove {
  readonly place: Place;
  readonly dead: string;
  readonly reason: DeadReason;
  /** The reason in words. */
  readonly message: string;
  readonly workerId: string;
  /** What its caller is told. */
  readonly reply?: DeadJobReply | undefined;
}

/** The frame that tells a caller that its job was given up. */
export interface DeadJobReply {
  readonly list: string;
  readonly text: string;
  /** How long the list is to live from now on at least, ms. */
  readonly ttl: number;
}

/** `gone`: the slot no longer held the job. `untold`: the reply list is no list, and took no reply. */
export type DeadListMoveResult = 'buried' | 'untold' | 'gone';

/** Moves a job from its slot to the dead list, with the reason. The element itself never leaves Redis. */
export const moveToDeadList = {
  name: 'reqrepMoveToDeadList',
  // KEYS: slot, dead, reply list or none
  // ARGV: position of the job, reason, message, worker id, frame, ttl
  // Output: 'buried' | 'untold' | 'gone'
  lua: `${LUA_NOW}${LUA_KEEP_ALIVE}${LUA_EMPTY_PLACE}
local job = redis.pcall('LINDEX', KEYS[1], ARGV[1])
if type(job) ~= 'string' then return 'gone' end
if job == '' then
  -- It has left its place before, or was an empty text from the beginning.
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
if not kind then return 'buried' end
if kind ~= 'none' and kind ~= 'list' then return 'untold' end
redis.call('RPUSH', KEYS[3], ARGV[5])
keepAlive(KEYS[3], ARGV[6])
return 'buried'
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
