/**
 * Lua: `readField(key, field, longest)` returns a field of a hash; `''` where it is missing, longer than so many bytes, or the key is no
 * hash. Any process may have written it.
 */
export const LUA_READ_FIELD = `
local function readField(key, field, longest)
  local length = redis.pcall('HSTRLEN', key, field)
  local isReadable = type(length) == 'number' and length > 0 and length <= longest
  return isReadable and redis.call('HGET', key, field) or ''
end
`;
