/**
 * Lua: `take(requests, slot, most)` moves as many waiting jobs into an empty slot as there are, up to `most`, and returns them.
 * Where the server cannot hold them there, they stay where they are, and it returns none. `move` does the same and returns
 * nothing, so that all of them pass by Lua, which hashes each byte that it sees.
 */
export const LUA_TAKE = `
local function moveAll(requests, slot)
  if redis.pcall('RENAME', requests, slot).err then return false end
  -- Where somebody has the queue expire, that is not for a job that runs.
  redis.call('PERSIST', slot)
  return true
end
local function moveFirst(requests, slot, jobs)
  local held = redis.pcall('RPUSH', slot, unpack(jobs))
  if type(held) == 'table' then return false end
  redis.call('LTRIM', requests, #jobs, -1)
  return true
end
local function take(requests, slot, most)
  local jobs = redis.pcall('LRANGE', requests, 0, most - 1)
  if jobs.err or #jobs == 0 then return {} end
  local isPart = #jobs == most and redis.call('LLEN', requests) > most
  local isMoved
  if isPart then isMoved = moveFirst(requests, slot, jobs) else isMoved = moveAll(requests, slot) end
  return isMoved and jobs or {}
end
local function move(requests, slot, most)
  local waiting = redis.pcall('LLEN', requests)
  if type(waiting) == 'table' or waiting == 0 then return end
  if waiting > most then
    moveFirst(requests, slot, redis.call('LRANGE', requests, 0, most - 1))
  else
    moveAll(requests, slot)
  end
end
`;
