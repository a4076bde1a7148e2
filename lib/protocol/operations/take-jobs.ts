import { LUA_PAST_OOM } from './lua-past-oom.js';
import { LUA_TAKE } from './lua-take.js';

export interface TakeJobs {
  readonly requests: string;
  /** The key of an empty slot. */
  readonly slot: string;
  /** Maximum number of jobs to take. */
  readonly most: number;
}

/** Moves up to `most` waiting jobs into a slot, in their order. */
export const takeJobs = {
  name: 'reqrepTakeJobs',
  // KEYS: requests, slot
  // ARGV: most jobs
  // Output: the jobs, as many as were there
  lua: `${LUA_PAST_OOM}${LUA_TAKE}
return take(KEYS[1], KEYS[2], tonumber(ARGV[1]))
`,
  keys: ({ requests, slot }: TakeJobs) => [requests, slot],
  args: ({ most }: TakeJobs) => [most],
  read: (answer: unknown): string[] => answer as string[],
};
