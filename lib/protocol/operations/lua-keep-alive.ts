/** Lua: `keepAlive(list, ttl)` extends the time to live of a reply list to at least `ttl` ms from now; never shortens it. */
export const LUA_KEEP_ALIVE = `
local function keepAlive(list, ttl)
  if redis.call('PTTL', list) < tonumber(ttl) then
    redis.call('PEXPIRE', list, ttl)
  end
end
`;
