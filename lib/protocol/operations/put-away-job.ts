export interface PutAwayJob {
  readonly requests: string;
  /** The list that the job is moved to: a new one for each job. */
  readonly away: string;
  /** The job exactly as it is in the queue. */
  readonly element: string;
  /** Time to live of the list, ms. */
  readonly ttl: number;
}

/** Moves one waiting job out of its queue, once, however often it is called. @returns whether it waited. */
export const putAwayJob = {
  name: 'reqrepPutAwayJob',
  // KEYS: requests, list for the job
  // ARGV: job, ttl
  // Output: 1, or 0 where the job did not wait
  lua: `
local requests, away = KEYS[1], KEYS[2]
if redis.call('EXISTS', away) == 0 then
  if redis.call('LREM', requests, 1, ARGV[1]) == 0 then return 0 end
  redis.call('RPUSH', away, ARGV[1])
  redis.call('PEXPIRE', away, ARGV[2])
end
return 1
`,
  keys: ({ requests, away }: PutAwayJob) => [requests, away],
  args: ({ element, ttl }: PutAwayJob) => [element, ttl],
  read: (answer: unknown): boolean => answer === 1,
};
