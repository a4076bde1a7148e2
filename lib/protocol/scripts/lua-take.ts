/**
 * Lua: `take(requests, slot, most)`: moves as many waiting jobs into an empty slot as there are, up to `most`, and returns
 * them. Where the server cannot hold them there, they stay where they are.
 */
export const LUA_TAKE = `
local function take(requests, slot, most)
  local jobs = redis.pcall('LRANGE', requests, 0, most - 1)
  if jobs.err or #jobs == 0 then return {} end
  local held = redis.pcall('RPUSH', slot, unpack(jobs))
  if type(held) == 'table' then return {} end
  redis.call('LTRIM', requests, #jobs, -1)
  return jobs
end
`;
