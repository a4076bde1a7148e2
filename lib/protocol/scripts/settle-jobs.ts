import { LUA_EMPTY_PLACE, type Place } from './lua-empty-place.js';
import { LUA_KEEP_ALIVE } from './lua-keep-alive.js';
import { LUA_TAKE } from './lua-take.js';

/** Replies that go to one list. */
export interface ReplyGroup {
  readonly list: string;
  /** How long the list is to live from now on at least, ms. */
  readonly ttl: number;
  readonly frames: readonly (string | Buffer)[];
}

export interface SettledPlace extends Place {
  /** Whether no other job of its slot is left, as far as its worker knows. */
  readonly isLast: boolean;
}

/** A queue whose next jobs are to be taken. */
export interface NextJobs {
  /** The list of waiting jobs. */
  readonly requests: string;
  /** The key of a slot that is empty. */
  readonly slot: string;
  /** Jobs that may be taken. */
  readonly most: number;
}

export interface SettleJobs {
  /** Keys of slots all of whose jobs end. */
  readonly slots: readonly string[];
  /** Jobs that end in slots that hold others. */
  readonly places: readonly SettledPlace[];
  /** What the jobs are answered with, so far as somebody waits for it. */
  readonly groups: readonly ReplyGroup[];
  readonly queues: readonly NextJobs[];
  /** Whether the same was asked before, and perhaps done. */
  readonly isRepeated: boolean;
}

export type SettledJobs =
  /** For each queue the jobs that lie in its slot now, as many as there were. */
  | { readonly jobs: readonly (readonly string[])[] }
  /** Nothing was done, since some of the slots or places no longer hold what is to be settled. */
  | { readonly missing: Missing };

/** Indexes in `slots` and in `places`. */
export interface Missing {
  readonly slots: readonly number[];
  readonly places: readonly number[];
}

/**
 * Pushes the replies, releases the slots and takes the next jobs as one step. A worker that dies, or asks again
 * because it never saw the answer, can neither leave a reply behind without its release nor reply twice. Replies are
 * pushed only while all slots still hold their jobs; where one does not, another worker has taken its jobs over and
 * answers them, or they were settled before, and what is left has to be asked for again. Asked again, it finds the next
 * jobs where it has put them.
 */
export const settleJobs = {
  name: 'reqrepSettleJobs',
  // KEYS: slot..., slot of each place..., reply list..., then for each queue: requests, slot
  // ARGV: number of slots, of places, of reply lists, whether it is repeated (1 or 0), then for each place: position,
  //   whether it is the last (1 or 0), then for each reply list: ttl, number of frames, frame..., then for each queue: most jobs
  // Output: {0, {next job...} of each queue...} or {1, {missing slot...}, {missing place...}}
  lua: `${LUA_KEEP_ALIVE}${LUA_EMPTY_PLACE}${LUA_TAKE}
local slots, places, lists = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local isRepeated = ARGV[4] == '1'

local missingSlots, missingPlaces = {}, {}
if slots > 0 and redis.call('EXISTS', unpack(KEYS, 1, slots)) < slots then
  for i = 1, slots do
    if redis.call('EXISTS', KEYS[i]) == 0 then missingSlots[#missingSlots + 1] = i - 1 end
  end
end
for i = 1, places do
  local job = redis.call('LINDEX', KEYS[slots + i], ARGV[3 + 2 * i])
  if not job or job == '' then missingPlaces[#missingPlaces + 1] = i - 1 end
end
if #missingSlots + #missingPlaces > 0 then return { 1, missingSlots, missingPlaces } end

local first = slots + places
-- What is no list is refused by the RPUSH, but behind the first that would come too late.
for list = first + 2, first + lists do
  local kind = redis.call('TYPE', KEYS[list]).ok
  if kind ~= 'none' and kind ~= 'list' then
    return redis.error_reply('WRONGTYPE ' .. KEYS[list] .. ' is a ' .. kind .. ', no list of replies')
  end
end
local arg = 5 + 2 * places
for list = first + 1, first + lists do
  local frames = tonumber(ARGV[arg + 1])
  local pushed = redis.pcall('RPUSH', KEYS[list], unpack(ARGV, arg + 2, arg + 1 + frames))
  if type(pushed) == 'table' then return pushed end
  keepAlive(KEYS[list], ARGV[arg])
  arg = arg + 2 + frames
end
if slots > 0 then redis.call('DEL', unpack(KEYS, 1, slots)) end
for i = 1, places do
  emptyPlace(KEYS[slots + i], ARGV[3 + 2 * i])
end
for i = 1, places do
  if ARGV[4 + 2 * i] == '1' then deleteIfEmpty(KEYS[slots + i]) end
end

local answer = { 0 }
for key = first + lists + 1, #KEYS, 2 do
  local jobs = isRepeated and redis.call('LRANGE', KEYS[key + 1], 0, -1) or {}
  if #jobs == 0 then
    jobs = take(KEYS[key], KEYS[key + 1], tonumber(ARGV[arg]))
  end
  answer[#answer + 1] = jobs
  arg = arg + 1
end
return answer
`,
  keys: ({ slots, places, groups, queues }: SettleJobs) => [
    ...slots,
    ...places.map(({ key }) => key),
    ...groups.map(({ list }) => list),
    ...queues.flatMap(({ requests, slot }) => [requests, slot]),
  ],
  args: ({ slots, places, groups, queues, isRepeated }: SettleJobs) => [
    slots.length,
    places.length,
    groups.length,
    isRepeated ? 1 : 0,
    ...places.flatMap(({ position, isLast }) => [position, isLast || isRepeated ? 1 : 0]),
    ...groups.flatMap(({ ttl, frames }) => [ttl, frames.length, ...frames]),
    ...queues.map(({ most }) => most),
  ],
  read: (answer: unknown): SettledJobs => {
    const [isMissing, ...rest] = answer as [number, ...unknown[]];
    if (isMissing === 0) {
      return { jobs: rest as string[][] };
    }
    const [slots, places] = rest as [number[], number[]];
    return { missing: { slots, places } };
  },
};
