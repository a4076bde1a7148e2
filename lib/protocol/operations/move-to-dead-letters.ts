import type { DeadLetterKeys } from '../keys.js';
import { encodeHead, type Death, type DeadLetterBounds } from '../wire/dead-letter.js';
import { LUA_EMPTY_PLACE, type Place } from './lua-empty-place.js';
import { LUA_KEEP_ALIVE } from './lua-keep-alive.js';
import { LUA_LETTERS } from './lua-letters.js';
import { LUA_NOW } from './lua-now.js';

/** One job to move to the dead letters of its queue. */
export interface DeadLetterMove extends Death {
  readonly place: Place;
  readonly dead: DeadLetterKeys;
  readonly bounds: DeadLetterBounds;
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

export interface DeadLetterMoveResult {
  /** `gone`: the slot no longer held the job. `moved without reply`: the key of the reply list holds no list, so nothing was pushed to it. */
  readonly outcome: 'moved' | 'moved without reply' | 'gone';
  /** How many of the oldest letters were removed, because there were more than the bounds allow. */
  readonly dropped: number;
}

/** Moves a job from its slot to the dead letters of its queue, with the reason. The element itself never leaves Redis. */
export const moveToDeadLetters = {
  name: 'reqrepMoveToDeadLetters',
  // KEYS: slot, dead ids, dead letters, reply list or none
  // ARGV: position of the job, head of the letter, most letters, most bytes, frame, ttl
  // Output: {'moved' | 'moved without reply' | 'gone', letters dropped}
  lua: `${LUA_NOW}${LUA_KEEP_ALIVE}${LUA_EMPTY_PLACE}${LUA_LETTERS}
local slot, ids, letters, list = unpack(KEYS)
local job = redis.pcall('LINDEX', slot, ARGV[1])
if type(job) ~= 'string' then return { 'gone', 0 } end
if job == '' then
  -- The job has left its slot before, or was an empty text from the beginning.
  deleteIfEmpty(slot)
  return { 'gone', 0 }
end
local kind = list and redis.call('TYPE', list).ok
checkLetters(ids, letters)
beginWriting(slot)
bury(ids, letters, ARGV[2], job)
emptyPlace(slot, ARGV[1])
deleteIfEmpty(slot)
local dropped = dropOldest(ids, letters, tonumber(ARGV[3]), tonumber(ARGV[4]))
if not kind then return { 'moved', dropped } end
if kind ~= 'none' and kind ~= 'list' then return { 'moved without reply', dropped } end
redis.call('RPUSH', list, ARGV[5])
keepAlive(list, ARGV[6])
return { 'moved', dropped }
`,
  keys: ({ place, dead, reply }: DeadLetterMove) => [
    place.key,
    dead.ids,
    dead.letters,
    ...(reply ? [reply.list] : []),
  ],
  args: ({ place, bounds, workerId, reply, ...death }: DeadLetterMove) => [
    place.position,
    encodeHead({ ...death, worker: workerId }),
    bounds.maxDead,
    bounds.maxDeadBytes,
    reply?.text ?? '',
    reply?.ttl ?? 0,
  ],
  read: (answer: unknown): DeadLetterMoveResult => {
    const [outcome, dropped] = answer as [DeadLetterMoveResult['outcome'], number];
    return { outcome, dropped };
  },
};
