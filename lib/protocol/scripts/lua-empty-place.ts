/**
 * Lua: `emptyPlace(slot, position)` takes one job out of a slot that may hold others, which keep their places, and
 * `deleteIfEmpty(slot)` has to follow the last of them.
 */
export const LUA_EMPTY_PLACE = `
local function emptyPlace(slot, position)
  redis.call('LSET', slot, position, '')
end
local function deleteIfEmpty(slot)
  for _, job in ipairs(redis.call('LRANGE', slot, 0, -1)) do
    if job ~= '' then return end
  end
  redis.call('DEL', slot)
end
`;

/** Where one job lies. */
export interface Place {
  /** The key of its slot. */
  readonly key: string;
  /** Which of the jobs that were taken together it is, from 0. */
  readonly position: number;
}
