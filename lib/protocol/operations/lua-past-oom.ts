/**
 * Lua: `pastOom(key, command...)` runs a command that a server without memory may refuse, although what the script does in
 * all frees memory or takes no more of it. `beginWriting(key)` goes before such commands where nobody minds one more.
 *
 * Redis looks at its memory before the first command of a script that writes, and at no other, since it cannot stop half way
 * (`scriptVerifyOOM` in its script.c, and its scripting.c before 7.0). Commands that take no memory are not looked at. So the
 * first is one of these that changes nothing: a slot never expires. What refuses all writes refuses that one, too, before
 * anything was done: READONLY, NOREPLICAS, MISCONF.
 */
export const LUA_PAST_OOM = `
local function beginWriting(key)
  redis.call('PERSIST', key)
end
local function pastOom(key, ...)
  local answer = redis.pcall(...)
  if type(answer) == 'table' and answer.err and answer.err:find('OOM', 1, true) then
    beginWriting(key)
    answer = redis.pcall(...)
  end
  return answer
end
`;
