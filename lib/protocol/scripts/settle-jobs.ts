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

/** A queue whose next jobs are to be taken. */
export interface NextJobs {
  /** The list of waiting jobs. */
  readonly requests: string;
  /** Slots that are empty, and none of those that are settled. */
  readonly next: readonly string[];
}

export interface SettleJobs {
  readonly groups: readonly ReplyGroup[];
  /** Slots whose jobs end without a reply. */
  readonly unanswered: readonly string[];
  readonly queues: readonly NextJobs[];
  /** Whether the same was asked before, and perhaps done. */
  readonly isRepeated: boolean;
}

export interface SettledJobs {
  /** How many slots no longer held their job. */
  readonly taken: number;
  /** For each queue the jobs that lie in its `next` slots now, as many as there were. */
  readonly jobs: readonly (readonly string[])[];
}

/**
 * Pushes the replies, releases the slots and takes the next jobs as one step. A worker that dies, or asks again
 * because it never saw the answer, can neither leave a reply behind without its release nor reply twice. A reply is
 * pushed only while the slot still holds the job; where it does not, another worker has taken the job over and
 * answers it. Asked again, it finds the next jobs where it has put them.
 */
export const settleJobs = {
  name: 'reqrepSettleJobs',
  // KEYS: slot..., reply list..., then for each queue: requests, next slot...
  // ARGV: number of slots, of reply lists, of queues, whether it is repeated (1 or 0),
  //   then for each reply list: ttl, number of frames, frame..., then for each queue: number of next slots
  // Output: how many slots no longer held their job, then for each queue: {next job...}
  lua: `${LUA_KEEP_ALIVE}
local slots, lists, queues = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local isRepeated = ARGV[4] == '1'
-- What is no list is refused by the RPUSH, but behind the first that would come too late.
for list = slots + 2, slots + lists do
  local kind = redis.call('TYPE', KEYS[list]).ok
  if kind ~= 'none' and kind ~= 'list' then
    return redis.error_reply('WRONGTYPE ' .. KEYS[list] .. ' is a ' .. kind .. ', no list of replies')
  end
end
local owned = redis.call('EXISTS', unpack(KEYS, 1, slots))
local arg, slot = 5, 1
for list = slots + 1, slots + lists do
  local frames = tonumber(ARGV[arg + 1])
  local pushed
  if owned == slots then
    pushed = redis.pcall('RPUSH', KEYS[list], unpack(ARGV, arg + 2, arg + 1 + frames))
  else
    local owed = {}
    for i = 0, frames - 1 do
      if redis.call('EXISTS', KEYS[slot + i]) == 1 then
        owed[#owed + 1] = ARGV[arg + 2 + i]
      end
    end
    pushed = #owed > 0 and redis.pcall('RPUSH', KEYS[list], unpack(owed))
  end
  if type(pushed) == 'table' then return pushed end
  keepAlive(KEYS[list], ARGV[arg])
  arg, slot = arg + 2 + frames, slot + frames
end
redis.call('DEL', unpack(KEYS, 1, slots))
local answer = { slots - owned }
local requests = slots + lists + 1
for queue = 1, queues do
  local jobs = {}
  local last = requests + tonumber(ARGV[arg])
  for i = requests + 1, last do
    local job = isRepeated and redis.call('LINDEX', KEYS[i], 0)
    job = job or redis.pcall('LMOVE', KEYS[requests], KEYS[i], 'LEFT', 'RIGHT')
    if type(job) ~= 'string' then break end
    jobs[#jobs + 1] = job
  end
  answer[queue + 1] = jobs
  arg, requests = arg + 1, last + 1
end
return answer
`,
  keys: ({ groups, unanswered, queues }: SettleJobs) => [
    ...groups.flatMap(({ slots }) => slots),
    ...unanswered,
    ...groups.map(({ list }) => list),
    ...queues.flatMap(({ requests, next }) => [requests, ...next]),
  ],
  args: ({ groups, unanswered, queues, isRepeated }: SettleJobs) => [
    groups.reduce((count, { slots }) => count + slots.length, unanswered.length),
    groups.length,
    queues.length,
    isRepeated ? 1 : 0,
    ...groups.flatMap(({ ttl, frames }) => [ttl, frames.length, ...frames]),
    ...queues.map(({ next }) => next.length),
  ],
  read: (answer: unknown): SettledJobs => {
    const [taken, ...jobs] = answer as [number, ...string[][]];
    return { taken, jobs };
  },
};
