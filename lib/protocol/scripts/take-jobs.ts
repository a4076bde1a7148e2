export interface TakeJobs {
  readonly requests: string;
  /** Keys of free slots. */
  readonly slots: readonly string[];
}

/** Moves as many waiting jobs as there are into free slots, first job to first slot. */
export const takeJobs = {
  name: 'reqrepTakeJobs',
  // KEYS: requests, slot...
  // ARGV: none
  // Output: the jobs, as many as were there
  lua: `
local jobs = {}
for i = 2, #KEYS do
  local job = redis.call('LMOVE', KEYS[1], KEYS[i], 'LEFT', 'RIGHT')
  if not job then break end
  jobs[#jobs + 1] = job
end
return jobs
`,
  keys: ({ requests, slots }: TakeJobs) => [requests, ...slots],
  args: () => [],
  read: (answer: unknown): string[] => answer as string[],
};
