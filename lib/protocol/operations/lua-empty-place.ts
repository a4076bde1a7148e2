import { LUA_PAST_OOM } from './lua-past-oom.js';

/**
 * Lua functions for the jobs in a slot. None of them reads a job, since Lua would hash each byte of it.
 *
 * - `emptyPlace(slot, position)` removes one job; the other jobs of the slot keep their positions. The caller must delete a slot
 *   that then holds no job.
 * - `emptyPlaces(slot)` returns the positions whose jobs have left.
 * - `deleteIfEmpty(slot)` deletes the slot if all of its jobs have left.
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

/** The position of one job in a slot. */
export interface Place {
  /** The key of its slot. */
  readonly key: string;
  /** The index of the job among those that were taken together, from 0. */
  readonly position: number;
}
