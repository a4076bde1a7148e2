import { STREAM_MARK } from '../wire/job-element.js';
import type { Place } from './lua-empty-place.js';
import { LUA_KEEP_ALIVE } from './lua-keep-alive.js';
import { LUA_LIST_SIZE, readListSize, type ListSize } from './lua-list-size.js';
import { LUA_PAST_OOM } from './lua-past-oom.js';

export interface PushValues {
  /** The position of the job that streams the values. */
  readonly place: Place;
  /** The reply list of its caller. */
  readonly list: string;
  /** Minimum time to live of the list from now, ms. */
  readonly ttl: number;
  readonly frames: readonly string[];
}

/**
 * Pushes values of a stream while the slot still holds the job: a worker whose job was recovered has to stop. The job is marked,
 * so that a worker that recovers it does not start the stream again. The client recognizes frames that are pushed twice by their
 * index.
 */
export const pushValues = {
  name: 'reqrepPushValues',
  // KEYS: slot, reply list
  // ARGV: position of the job, ttl, frame...
  // Output: {length, bytes or -1} of the list, or nil when the slot no longer holds its job
  lua: `${LUA_KEEP_ALIVE}${LUA_LIST_SIZE}${LUA_PAST_OOM}
local job = redis.pcall('LINDEX', KEYS[1], ARGV[1])
if type(job) ~= 'string' or job == '' then return nil end
-- The push goes past OOM, because the unread values of one stream are limited, and the end of the stream frees memory.
if job:sub(-1) ~= ${JSON.stringify(STREAM_MARK)} then
  pastOom(KEYS[1], 'LSET', KEYS[1], ARGV[1], job .. ${JSON.stringify(STREAM_MARK)})
end
local pushed = pastOom(KEYS[1], 'RPUSH', KEYS[2], unpack(ARGV, 3))
if type(pushed) == 'table' then return pushed end
keepAlive(KEYS[2], ARGV[2])
return listSize(KEYS[2])
`,
  keys: ({ place, list }: PushValues) => [place.key, list],
  args: ({ place, ttl, frames }: PushValues) => [place.position, ttl, ...frames],
  /** @returns `undefined` when the slot no longer holds its job. */
  read: (answer: unknown): ListSize | undefined =>
    answer === null ? undefined : readListSize(answer),
};
