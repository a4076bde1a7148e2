/** Lua: `keepAlive(list, ttl)`: a reply list lives `ttl` ms from now on at least; never shorter than before. */
export const LUA_KEEP_ALIVE = `
local function keepAlive(list, ttl)
  if redis.call('PTTL', list) < tonumber(ttl) then
    redis.call('PEXPIRE', list, ttl)
  end
end
`;
