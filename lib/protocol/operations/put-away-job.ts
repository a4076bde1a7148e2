export interface PutAwayJob {
  readonly requests: string;
  /** The list that the job is moved to: a new one for each job. */
  readonly away: string;
  /** The job exactly as it is in the queue. */
  readonly element: string;
  /** Time to live of the list, ms. */
  readonly ttl: number;
}

/**
 * Moves one waiting job out of its queue, once, however often it is called. The job is copied first, so that it is not lost where the
 * server refuses one of the commands. @returns whether it waited.
 */
export const putAwayJob = {
  name: 'reqrepPutAwayJob',
  // KEYS: requests, list for the job
  // ARGV: job, ttl
  // Output: 1, or 0 where the job did not wait
  lua: `
local requests, away = KEYS[1], KEYS[2]
if redis.call('EXISTS', away) == 0 then
  -- Changes nothing yet. Behind a command that needs no memory, a server that is out of memory lets the script push.
  redis.call('PEXPIRE', away, ARGV[2])
  redis.call('RPUSH', away, ARGV[1])
  redis.call('PEXPIRE', away, ARGV[2])
  local removed = redis.pcall('LREM', requests, 1, ARGV[1])
  if removed ~= 1 then
    -- Removes the list.
    redis.call('PEXPIRE', away, 0)
    return removed
  end
end
return 1
`,
  keys: ({ requests, away }: PutAwayJob) => [requests, away],
  args: ({ element, ttl }: PutAwayJob) => [element, ttl],
  read: (answer: unknown): boolean => answer === 1,
};
