/**
 * Lua: `take(requests, slot, most)` moves as many waiting jobs into an empty slot as there are, up to `most`, and returns them.
 * Where the server cannot hold them there, they stay where they are, and it returns none. `move` does the same, and where
 * it takes all of them returns nothing: what passes through Lua is hashed, each byte of it.
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
  if type(held) == 'table' then return {} end
  redis.call('LTRIM', requests, #jobs, -1)
  return jobs
end
local function take(requests, slot, most)
  local jobs = redis.pcall('LRANGE', requests, 0, most - 1)
  if jobs.err or #jobs == 0 then return {} end
  if #jobs == most and redis.call('LLEN', requests) > most then
    return moveFirst(requests, slot, jobs)
  end
  return moveAll(requests, slot) and jobs or {}
end
local function move(requests, slot, most)
  local waiting = redis.pcall('LLEN', requests)
  if type(waiting) == 'table' or waiting == 0 then return {} end
  if waiting > most then
    return moveFirst(requests, slot, redis.call('LRANGE', requests, 0, most - 1))
  end
  if not moveAll(requests, slot) then return {} end
end
`;
