/**
 * Lua functions that need `lua-past-oom.ts` before them.
 *
 * - `take(requests, slot, most)` moves up to `most` waiting jobs into an empty slot and returns them.
 * - `move(requests, slot, most)` does the same and returns nothing, so that jobs bypass Lua, which hashes each byte that it sees.
 *
 * A slot that is not empty keeps its jobs and gets no others, since no job may be overwritten; `take` then returns its jobs.
 */
export const LUA_TAKE = `
local function moveAll(requests, slot)
  if redis.pcall('RENAMENX', requests, slot) ~= 1 then return false end
  -- Where somebody has the queue expire, that is not for a job that runs.
  redis.call('PERSIST', slot)
  return true
end
local function moveFirst(requests, slot, jobs)
  local held = pastOom(slot, 'RPUSH', slot, unpack(jobs))
  if type(held) == 'table' then return false end
  if held > #jobs then
    redis.call('LTRIM', slot, 0, held - #jobs - 1)
    return false
  end
  redis.call('LTRIM', requests, #jobs, -1)
  return true
end
local function heldBy(slot)
  local jobs = redis.pcall('LRANGE', slot, 0, -1)
  return jobs.err and {} or jobs
end
local function take(requests, slot, most)
  local jobs = redis.pcall('LRANGE', requests, 0, most - 1)
  if jobs.err or #jobs == 0 then return {} end
  local isPart = #jobs == most and redis.call('LLEN', requests) > most
  local isMoved
  if isPart then isMoved = moveFirst(requests, slot, jobs) else isMoved = moveAll(requests, slot) end
  return isMoved and jobs or heldBy(slot)
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
