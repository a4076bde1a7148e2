import { LUA_KEEP_ALIVE } from './lua-keep-alive.js';

/** Replies that go to one list, with the slots whose jobs they end. */
export interface ReplyGroup {
  readonly list: string;
  /** How long the list is to live from now on at least, ms. */
  readonly ttl: number;
  readonly slots: readonly string[];
  /** One per slot, in the same order. */
  readonly frames: readonly string[];
}

export interface SettleJobs {
  readonly groups: readonly ReplyGroup[];
  /** Slots whose jobs end without a reply. */
  readonly unanswered: readonly string[];
}

/**
 * Pushes the replies and releases the slots as one step: a worker that dies, or asks again because it never saw
 * the answer, can neither leave a reply behind without its release nor reply twice. A reply is pushed only
 * while the slot still holds its job; where it does not, another worker has taken the job over and answers it.
 */
export const settleJobs = {
  name: 'reqrepSettleJobs',
  // KEYS: slot..., reply list...
  // ARGV: number of slots, then for each reply list: ttl, number of frames, frame...
  // Output: how many slots no longer held their job
  lua: `${LUA_KEEP_ALIVE}
local slots = tonumber(ARGV[1])
for list = slots + 1, #KEYS do
  local kind = redis.call('TYPE', KEYS[list]).ok
  if kind ~= 'none' and kind ~= 'list' then
    return redis.error_reply('WRONGTYPE ' .. KEYS[list] .. ' is a ' .. kind .. ', no list of replies')
  end
end
local owned = redis.call('EXISTS', unpack(KEYS, 1, slots))
local arg, slot = 2, 1
for list = slots + 1, #KEYS do
  local frames = tonumber(ARGV[arg + 1])
  if owned == slots then
    redis.call('RPUSH', KEYS[list], unpack(ARGV, arg + 2, arg + 1 + frames))
  else
    for i = 0, frames - 1 do
      if redis.call('EXISTS', KEYS[slot + i]) == 1 then
        redis.call('RPUSH', KEYS[list], ARGV[arg + 2 + i])
      end
    end
  end
  keepAlive(KEYS[list], ARGV[arg])
  arg, slot = arg + 2 + frames, slot + frames
end
redis.call('DEL', unpack(KEYS, 1, slots))
return slots - owned
`,
  keys: ({ groups, unanswered }: SettleJobs) => [
    ...groups.flatMap(({ slots }) => slots),
    ...unanswered,
    ...groups.map(({ list }) => list),
  ],
  args: ({ groups, unanswered }: SettleJobs) => [
    groups.reduce((count, { slots }) => count + slots.length, unanswered.length),
    ...groups.flatMap(({ ttl, frames }) => [ttl, frames.length, ...frames]),
  ],
  read: (answer: unknown): number => answer as number,
};
