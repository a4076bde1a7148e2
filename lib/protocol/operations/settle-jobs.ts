import { parkedListOf } from '../keys.js';
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

/** Which jobs of which queue are to be taken next. */
export interface NextJobs {
  /** The list of waiting jobs. */
  readonly requests: string;
  /** The key of a slot that is empty. */
  readonly slot: string;
  /** Jobs that may be taken. */
  readonly most: number;
  /** Whether it is one that is expected to be so long that no script should see it. */
  readonly isLong: boolean;
}

export interface SettleJobs {
  /** Keys of slots all of whose jobs end. */
  readonly slots: readonly string[];
  /** Jobs that end in slots that hold others. */
  readonly places: readonly Place[];
  /** What the jobs are answered with, so far as somebody waits for it. */
  readonly groups: readonly ReplyGroup[];
  readonly takes: readonly NextJobs[];
  /**
   * Whether what is long stays out of Lua, which hashes each byte of what passes through it: the frames were pushed in
   * the step before, at {@link parkedListOf} each list, and the next jobs are to be read in their slots.
   */
  readonly bypassesLua: boolean;
  /** Whether the same was asked before, and perhaps done. */
  readonly isRepeated: boolean;
}

export type SettledJobs =
  /** For each take the jobs that lie in its slot now, as many as there were. */
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
 *
 * Beside a list that is aside it stands in one transaction with three more commands, so that no other ever sees the list
 * away: `RENAME list aside`, which fails where there is none, `RPUSH aside frame...`, then this, which moves it back with
 * its frames or without, then `LRANGE slot 0 -1` for the next jobs.
 */
export const settleJobs = {
  name: 'reqrepSettleJobs',
  // KEYS: slot..., slot of each place (those of one slot together)..., reply list..., reply list aside..., then for each
  //   take: requests, slot
  // ARGV: number of slots, of places, of reply lists, of those aside (all or none), whether it is repeated (1 or 0), then
  //   position of each place..., then for each reply list: ttl, number of frames, and where none is aside frame..., then for
  //   each take: most jobs
  // Output: {0, {next job...} of each take...} or {1, {missing slot...}, {missing place...}}; no jobs where lists are aside
  lua: `${LUA_KEEP_ALIVE}${LUA_EMPTY_PLACE}${LUA_TAKE}
local slots, places, lists, aside = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local isRepeated = ARGV[5] == '1'
local first = slots + places
local firstArg = 6 + places

-- The slots that hold others: which places leave each, and how many jobs stay.
local parts = {}

-- What keeps the jobs from being settled.
local function obstacle()
  local missingSlots, missingPlaces = {}, {}
  if slots > 0 and redis.call('EXISTS', unpack(KEYS, 1, slots)) < slots then
    for i = 1, slots do
      if redis.call('EXISTS', KEYS[i]) == 0 then missingSlots[#missingSlots + 1] = i - 1 end
    end
  end
  local part, length, isEmpty
  for i = 1, places do
    local slot, position = KEYS[slots + i], tonumber(ARGV[5 + i])
    if not part or slot ~= part.slot then
      length, isEmpty = redis.pcall('LLEN', slot), {}
      -- What is no list holds no jobs.
      if type(length) == 'table' then length = 0 end
      local empties = length > 0 and emptyPlaces(slot) or {}
      for _, empty in ipairs(empties) do isEmpty[empty] = true end
      part = { slot = slot, first = i, last = i, staying = length - #empties }
      parts[#parts + 1] = part
    end
    if position >= length or isEmpty[position] then
      missingPlaces[#missingPlaces + 1] = i - 1
    else
      isEmpty[position] = true
      part.last, part.staying = i, part.staying - 1
    end
  end
  if #missingSlots + #missingPlaces > 0 then return { 1, missingSlots, missingPlaces } end
  -- What is no list is refused by the RPUSH, but behind the first that would come too late.
  for i = aside > 0 and 1 or 2, lists do
    local kind = redis.call('TYPE', KEYS[first + aside + i]).ok
    if kind == 'none' and aside > 0 then
      return redis.error_reply('EXPIRED ' .. KEYS[first + i] .. ' ran out in this moment')
    elseif kind ~= 'none' and kind ~= 'list' then
      return redis.error_reply('WRONGTYPE ' .. KEYS[first + i] .. ' is a ' .. kind .. ', no list of replies')
    end
  end
end

local isChecked, why = pcall(obstacle)
for i = 1, aside do
  local list, away = KEYS[first + i], KEYS[first + lists + i]
  if why then redis.pcall('LTRIM', away, 0, -ARGV[firstArg + 2 * i - 1] - 1) end
  -- There is none where nothing but the frames lay in it.
  redis.pcall('RENAME', away, list)
end
if not isChecked then return type(why) == 'table' and why or redis.error_reply(why) end
if why then return why end

local arg = firstArg
for list = first + 1, first + lists do
  local ttl, frames = ARGV[arg], tonumber(ARGV[arg + 1])
  arg = arg + 2
  if aside == 0 then
    local pushed = pastOom(KEYS[1], 'RPUSH', KEYS[list], unpack(ARGV, arg, arg - 1 + frames))
    if type(pushed) == 'table' then return pushed end
    arg = arg + frames
  end
  keepAlive(KEYS[list], ttl)
end
if slots > 0 then redis.call('DEL', unpack(KEYS, 1, slots)) end
for _, part in ipairs(parts) do
  if part.staying == 0 then
    redis.call('DEL', part.slot)
  else
    for i = part.first, part.last do
      local emptied = emptyPlace(part.slot, ARGV[5 + i])
      if emptied.err then return emptied end
    end
  end
end

local answer = { 0 }
for key = first + lists + aside + 1, #KEYS, 2 do
  local requests, slot = KEYS[key], KEYS[key + 1]
  local most = tonumber(ARGV[arg])
  local isTaken = isRepeated and redis.call('EXISTS', slot) == 1
  if aside > 0 then
    if not isTaken then move(requests, slot, most) end
  else
    answer[#answer + 1] = isTaken and heldBy(slot) or take(requests, slot, most)
  end
  arg = arg + 1
end
return answer
`,
  keys: ({ slots, places, groups, takes, bypassesLua }: SettleJobs) => [
    ...slots,
    ...places.map(({ key }) => key),
    ...groups.map(({ list }) => list),
    ...(bypassesLua ? groups.map(({ list }) => parkedListOf(list)) : []),
    ...takes.flatMap(({ requests, slot }) => [requests, slot]),
  ],
  args: ({ slots, places, groups, takes, bypassesLua, isRepeated }: SettleJobs) => [
    slots.length,
    places.length,
    groups.length,
    bypassesLua ? groups.length : 0,
    isRepeated ? 1 : 0,
    ...places.map(({ position }) => position),
    ...groups.flatMap(({ ttl, frames }) => [ttl, frames.length, ...(bypassesLua ? [] : frames)]),
    ...takes.map(({ most }) => most),
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
