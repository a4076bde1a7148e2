/** Maximum number of letters that one script drops. */
export const MAX_DROPPED = 1_000;

/** Longest number that a field may hold, digits: anybody may have written it. */
const MAX_NUMBER_DIGITS = 15;

/**
 * Lua functions for the dead letters of one queue: the sorted set of their ids and the hash with their texts. They need
 * `lua-now.ts` before them where they bury.
 *
 * - `checkLetters(ids, letters)` fails before anything is changed where one of the keys has a wrong type, or a command of the others
 *   is refused: a script that fails half way would bury its job again at each try. A field that is no number begins anew.
 * - `bury(ids, letters, head, job)` adds a letter. Its id is its time and a count, so that two letters of one job differ, and no
 *   letter gets the id of one that was removed before.
 * - `removeLetter(ids, letters, id)` removes a letter, and returns whether there was one. Its first write needs no memory.
 * - `dropOldest(ids, letters, most, bytes)` removes the oldest letters beyond both bounds, and returns how many.
 *
 * The hash has two more fields: `bytes`, of all letters together, and `last`, the count of the last id.
 */
export const LUA_LETTERS = `
local function checkLetters(ids, letters)
  redis.call('ZRANGE', ids, 0, 0)
  for _, field in ipairs({ 'bytes', 'last' }) do
    local isLong = redis.call('HSTRLEN', letters, field) > ${MAX_NUMBER_DIGITS}
    local number = redis.call('HGET', letters, field)
    if isLong or number and not number:find('^%-?%d+$') then redis.call('HDEL', letters, field) end
  end
  redis.call('ZREM', ids, '')
  redis.call('HDEL', letters, '')
  redis.call('ZADD', ids, 'XX', 0, '')
end
local function bury(ids, letters, head, job)
  -- Letters without ids, because somebody has deleted these, would stay for ever.
  if redis.call('ZCARD', ids) == 0 then redis.call('DEL', letters) end
  local letter = head .. '\\n' .. job
  local id = string.format('%.0f-%06d', now, redis.call('HINCRBY', letters, 'last', 1))
  redis.call('HSET', letters, id, letter)
  redis.call('ZADD', ids, now, id)
  redis.call('HINCRBY', letters, 'bytes', #letter)
end
local function removeLetter(ids, letters, id)
  if redis.call('ZREM', ids, id) == 0 then return false end
  local bytes = redis.call('HSTRLEN', letters, id)
  redis.call('HDEL', letters, id)
  if redis.call('ZCARD', ids) == 0 then
    redis.call('DEL', letters)
  else
    -- Not -bytes: where somebody has deleted the letter, Lua writes that as -0, which Redis refuses.
    redis.call('HINCRBY', letters, 'bytes', 0 - bytes)
  end
  return true
end
local function dropOldest(ids, letters, most, mostBytes)
  local dropped = 0
  local left = redis.call('ZCARD', ids)
  -- A bound that was lowered is reached in many steps, because Redis serves nobody else meanwhile.
  while left > 1 and dropped < ${MAX_DROPPED} do
    local bytes = tonumber(redis.call('HGET', letters, 'bytes'))
    if left <= most and bytes <= mostBytes then break end
    removeLetter(ids, letters, redis.call('ZRANGE', ids, 0, 0)[1])
    dropped = dropped + 1
    left = left - 1
  end
  return dropped
end
`;
