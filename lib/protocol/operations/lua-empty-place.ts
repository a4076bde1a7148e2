import { LUA_PAST_OOM } from './lua-past-oom.js';

/**
 * Lua: `emptyPlace(slot, position)` takes one job out of a slot that may hold others, which keep their places. Whoever does
 * so deletes a slot that holds no others, whatever is on its way for the same slot: `deleteIfEmpty(slot)` where nobody has
 * counted. `emptyPlaces(slot)` returns the positions that jobs have left. None of them reads a job, since Lua would hash each
 * byte of it.
 */
export const LUA_EMPTY_PLACE = `${LUA_PAST_OOM}
local function emptyPlace(slot, position)
  return pastOom(slot, 'LSET', slot, position, '')
end
local function emptyPlaces(slot)
  return redis.call('LPOS', slot, '', 'COUNT', 0)
end
local function deleteIfEmpty(slot)
  if #emptyPlaces(slot) == redis.call('LLEN', slot) then redis.call('DEL', slot) end
end
`;

/** Where one job lies. */
export interface Place {
  /** The key of its slot. */
  readonly key: string;
  /** Which of the jobs that were taken together it is, from 0. */
  readonly position: number;
}
