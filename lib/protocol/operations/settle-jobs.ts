import { parkedListOf } from '../keys.js';
import { LUA_EMPTY_PLACE, type Place } from './lua-empty-place.js';
import { LUA_KEEP_ALIVE } from './lua-keep-alive.js';
import { LUA_TAKE } from './lua-take.js';

/** Replies for one reply list. */
export interface ReplyGroup {
  readonly list: string;
  /** Minimum time to live of the list from now, ms. */
  readonly ttl: number;
  readonly frames: readonly (string | Buffer)[];
}

/** A take of the next jobs of one queue. */
export interface NextJobs {
  /** The list of waiting jobs. */
  readonly requests: string;
  /** The key of an empty slot. */
  readonly slot: string;
  /** Maximum number of jobs to take. */
  readonly most: number;
  /** Whether the take is for one job that is probably so long that it should bypass Lua. */
  readonly isLong: boolean;
}

export interface SettleJobs {
  /** Keys of slots whose jobs all end. */
  readonly slots: readonly string[];
  /** Positions of jobs that end in slots that hold other jobs. */
  readonly places: readonly Place[];
  /** The replies for the callers that wait for one. */
  readonly groups: readonly ReplyGroup[];
  readonly takes: readonly NextJobs[];
  /**
   * Whether frames and jobs bypass Lua, which hashes each byte that it sees: the previous step of the transaction has pushed the
   * frames to the parked list (see {@link parkedListOf}), and the caller reads the next jobs from their slots.
   */
  readonly bypassesLua: boolean;
  /** Whether the same call was sent before, and perhaps carried out. */
  readonly isRepeated: boolean;
}

export type SettledJobs =
  /** The jobs that the slot of each take now holds. */
  | { readonly jobs: readonly (readonly string[])[] }
  /** Nothing was settled, since some slots or positions no longer hold their jobs. */
  | { readonly missing: Missing };

/** Indexes in `slots` and in `places`. */
export interface Missing {
  readonly slots: readonly number[];
  readonly places: readonly number[];
}

/**
 * Pushes the replies, releases the slots and takes the next jobs in one step. So a worker that is lost, or repeats the call
 * because it never got the answer, neither pushes a reply without its release nor replies twice. Replies are pushed only while
 * all slots still hold their jobs. Where a slot does not, its jobs were recovered by another worker or settled before; the caller
 * then repeats the call for the other jobs. A repeated call finds the next jobs in the slots into which it has moved them.
 *
 * With `bypassesLua`, the script is one command of a transaction, so that no other client ever sees a reply list parked:
 *
 * 1. `RENAME list parked`, which fails where there is no list.
 * 2. `RPUSH parked frame...`
 * 3. This script, which moves the list back, with the frames or without them.
 * 4. `LMOVE requests slot` for a take of a long job, `LRANGE slot 0 -1` for any other take.
 */
export const settleJobs = {
  name: 'reqrepSettleJobs',
  // KEYS: slot..., slot of each place (those of one slot together)..., reply list..., parked reply list..., then for each
  //   take: requests, slot
  // ARGV: number of slots, of places, of reply lists, of parked lists (all or none), whether it is repeated (1 or 0), then
  //   position of each place..., then for each reply list: ttl, number of frames, and where none is parked frame..., then for
  //   each take: most jobs
  // Output: {0, {next job...} of each take...} or {1, {missing slot...}, {missing place...}}; no jobs where lists are parked
  lua: `${LUA_KEEP_ALIVE}${LUA_EMPTY_PLACE}${LUA_TAKE}
local slots, places, lists, parked = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local isRepeated = ARGV[5] == '1'
local first = slots + places
local firstArg = 6 + places

-- Slots that also hold other jobs: the places to empty in each, and how many jobs stay.
local parts = {}

-- Returns what keeps the jobs from being settled; nil if nothing does.
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
      -- A key that is not a list holds no jobs.
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
  -- A first key that is not a list is refused by its RPUSH, before anything is changed. The others must be checked here.
  for i = parked > 0 and 1 or 2, lists do
    local kind = redis.call('TYPE', KEYS[first + parked + i]).ok
    if kind == 'none' and parked > 0 then
      return redis.error_reply('EXPIRED ' .. KEYS[first + i] .. ' ran out in this moment')
    elseif kind ~= 'none' and kind ~= 'list' then
      return redis.error_reply('WRONGTYPE ' .. KEYS[first + i] .. ' is a ' .. kind .. ', no list of replies')
    end
  end
end

local isChecked, why = pcall(obstacle)
for i = 1, parked do
  local list, parkedList = KEYS[first + i], KEYS[first + lists + i]
  if why then redis.pcall('LTRIM', parkedList, 0, -ARGV[firstArg + 2 * i - 1] - 1) end
  -- Fails if the list held nothing but the frames, because there is no list any more.
  redis.pcall('RENAME', parkedList, list)
end
if not isChecked then return type(why) == 'table' and why or redis.error_reply(why) end
if why then return why end

local arg = firstArg
for list = first + 1, first + lists do
  local ttl, frames = ARGV[arg], tonumber(ARGV[arg + 1])
  arg = arg + 2
  if parked == 0 then
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
for key = first + lists + parked + 1, #KEYS, 2 do
  local requests, slot = KEYS[key], KEYS[key + 1]
  local most = tonumber(ARGV[arg])
  local isTaken = isRepeated and redis.call('EXISTS', slot) == 1
  if parked > 0 then
    if not isTaken then move(requests, slot, most) end
  else
    answer[#answer + 1] = isTaken and heldBy(slot) or take(requests, slot, most)
  end
  arg = arg + 1
end
return answer
`,
  // A call for many queues has hundreds of keys and arguments, and `flatMap` takes some thirty times as long as these loops.
  keys: ({ slots, places, groups, takes, bypassesLua }: SettleJobs) => {
    const keys = [
      ...slots,
      ...places.map(({ key }) => key),
      ...groups.map(({ list }) => list),
      ...(bypassesLua ? groups.map(({ list }) => parkedListOf(list)) : []),
    ];
    for (const { requests, slot } of takes) {
      keys.push(requests, slot);
    }
    return keys;
  },
  args: ({ slots, places, groups, takes, bypassesLua, isRepeated }: SettleJobs) => {
    const lists = groups.length;
    const args: (string | number | Buffer)[] = [
      slots.length,
      places.length,
      lists,
      bypassesLua ? lists : 0,
      isRepeated ? 1 : 0,
      ...places.map(({ position }) => position),
    ];
    for (const { ttl, frames } of groups) {
      args.push(ttl, frames.length);
      if (!bypassesLua) {
        args.push(...frames);
      }
    }
    for (const { most } of takes) {
      args.push(most);
    }
    return args;
  },
  read: (answer: unknown): SettledJobs => {
    const [isMissing, ...rest] = answer as [number, ...unknown[]];
    if (isMissing === 0) {
      return { jobs: rest as string[][] };
    }
    const [slots, places] = rest as [number[], number[]];
    return { missing: { slots, places } };
  },
};
