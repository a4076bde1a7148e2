/**
 * Lua: `move(requests, slot, most)` moves as many waiting jobs into an empty slot as there are, up to `most`. All of them are
 * moved as they are; a part of them passes through Lua, which hashes each byte, and is returned. Where the server cannot
 * hold them there, they stay where they are. `take` does the same, and returns them in any case.
 */
export const LUA_TAKE = `
local function move(requests, slot, most)
  local waiting = redis.pcall('LLEN', requests)
  if type(waiting) == 'table' or waiting == 0 then return {} end
  if waiting <= most then
    if redis.pcall('RENAME', requests, slot).err then return {} end
    -- Where somebody has the queue expire, that is not for a job that runs.
    redis.call('PERSIST', slot)
    return nil
  end
  local jobs = redis.call('LRANGE', requests, 0, most - 1)
  local held = redis.pcall('RPUSH', slot, unpack(jobs))
  if type(held) == 'table' then return {} end
  redis.call('LTRIM', requests, #jobs, -1)
  return jobs
end
local function take(requests, slot, most)
  return move(requests, slot, most) or redis.call('LRANGE', slot, 0, -1)
end
`;
