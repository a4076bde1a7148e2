/**
 * Lua: `pastOom(key, command...)` runs a command that a server out of memory may refuse, in a script that frees memory or needs
 * no more in total. `beginWriting(key)` before such commands does the same, for the price of one more command.
 *
 * Redis checks its memory only before the first writing command of a script, since it cannot stop a script halfway
 * (`scriptVerifyOOM` in its script.c, and its scripting.c before 7.0), and not for commands that need no memory. So the script
 * first runs such a command that changes nothing: PERSIST on a slot, which never expires. A server that refuses all writes
 * (READONLY, NOREPLICAS, MISCONF) also refuses that command, before anything was changed.
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
