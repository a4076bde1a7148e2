import { LUA_EMPTY_PLACE, type Place } from './lua-empty-place.js';

export interface GiveBackJobs {
  readonly requests: string;
  readonly places: readonly Place[];
}

/**
 * Gives jobs that their own worker will not finish back to the head of the queue, in their order. This does not count as a
 * delivery.
 */
export const giveBackJobs = {
  name: 'reqrepGiveBackJobs',
  // KEYS: requests, slot of each job...
  // ARGV: position of each job...
  // Output: how many were returned
  lua: `${LUA_EMPTY_PLACE}
local returned = 0
for i = #KEYS, 2, -1 do
  local job = redis.pcall('LINDEX', KEYS[i], ARGV[i - 1])
  if type(job) == 'string' and job ~= '' then
    if returned == 0 then beginWriting(KEYS[i]) end
    redis.call('LPUSH', KEYS[1], job)
    emptyPlace(KEYS[i], ARGV[i - 1])
    returned = returned + 1
  end
  if type(job) == 'string' then deleteIfEmpty(KEYS[i]) end
end
return returned
`,
  keys: ({ requests, places }: GiveBackJobs) => [requests, ...places.map(({ key }) => key)],
  args: ({ places }: GiveBackJobs) => places.map(({ position }) => position),
  read: (answer: unknown): number => answer as number,
};
