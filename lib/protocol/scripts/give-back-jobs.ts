export interface GiveBackJobs {
  readonly requests: string;
  readonly slots: readonly string[];
}

/**
 * Returns jobs that their own worker will not finish to the head of the queue, the first slot's job foremost. It
 * is no failed delivery and is not counted as one.
 */
export const giveBackJobs = {
  name: 'reqrepGiveBackJobs',
  // KEYS: requests, slot...
  // ARGV: none
  // Output: how many were returned
  lua: `
local returned = 0
for i = #KEYS, 2, -1 do
  if redis.call('LMOVE', KEYS[i], KEYS[1], 'LEFT', 'LEFT') then
    returned = returned + 1
  end
end
return returned
`,
  keys: ({ requests, slots }: GiveBackJobs) => [requests, ...slots],
  args: () => [],
  read: (answer: unknown): number => answer as number,
};
