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
  /** The list of waiting jobs. */
  readonly requests: string;
  /** Other slots, that are empty, for the next jobs. */
  readonly next: readonly string[];
}

export interface SettledJobs {
  /** How many slots no longer held their job. */
  readonly taken: number;
  /** The jobs that lie in the `next` slots now, as many as there were. */
  readonly jobs: readonly string[];
}

/**
 * Pushes the replies, releases the slots and takes the next jobs as one step. A worker that dies, or asks again
 * because it never saw the answer, can neither leave a reply behind without its release nor reply twice. A reply is
 * pushed only while the slot still holds its job; where it does not, another worker has taken the job over and
 * answers it. Asked again, it finds the next jobs where it has put them.
 */
export const settleJobs = {
  name: 'reqrepSettleJobs',
  // KEYS: slot..., reply list..., requests, next slot...
  // ARGV: number of slots, of reply lists, then for each reply list: ttl, number of frames, frame...
  // Output: how many slots no longer held their job, next job...
  lua: `${LUA_KEEP_ALIVE}
local slots, lists = tonumber(ARGV[1]), tonumber(ARGV[2])
local requests = slots + lists + 1
for list = slots + 1, slots + lists do
  local kind = redis.call('TYPE', KEYS[list]).ok
  if kind ~= 'none' and kind ~= 'list' then
    return redis.error_reply('WRONGTYPE ' .. KEYS[list] .. ' is a ' .. kind .. ', no list of replies')
  end
end
local owned = redis.call('EXISTS', unpack(KEYS, 1, slots))
local arg, slot = 3, 1
for list = slots + 1, slots + lists do
  local frames = tonumber(ARGV[arg + 1])
  if owned == slots then
    redis.call('RPUSH', KEYS[list], unpack(ARGV, arg + 2, arg + 1 + frames))
  elseif owned > 0 then
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
local answer = { slots - owned }
if #KEYS > requests then
  local isRepeated = redis.call('EXISTS', unpack(KEYS, requests + 1)) > 0
  if isRepeated then answer[1] = 0 end
  for i = requests + 1, #KEYS do
    local job = isRepeated and redis.call('LINDEX', KEYS[i], 0)
    job = job or redis.pcall('LMOVE', KEYS[requests], KEYS[i], 'LEFT', 'RIGHT')
    if type(job) ~= 'string' then break end
    answer[#answer + 1] = job
  end
end
return answer
`,
  keys: ({ groups, unanswered, requests, next }: SettleJobs) => [
    ...groups.flatMap(({ slots }) => slots),
    ...unanswered,
    ...groups.map(({ list }) => list),
    requests,
    ...next,
  ],
  args: ({ groups, unanswered }: SettleJobs) => [
    groups.reduce((count, { slots }) => count + slots.length, unanswered.length),
    groups.length,
    ...groups.flatMap(({ ttl, frames }) => [ttl, frames.length, ...frames]),
  ],
  read: (answer: unknown): SettledJobs => {
    const [taken, ...jobs] = answer as [number, ...string[]];
    return { taken, jobs };
  },
};
