import { LUA_NOW } from './lua-now.js';
import { LUA_PAST_OOM } from './lua-past-oom.js';

export interface RetireWorker {
  readonly workers: string;
  readonly worker: string;
  readonly workerId: string;
  /** All slots of the worker. */
  readonly slots: readonly string[];
  /** Whether a job may still arrive in a slot. */
  readonly isWatched: boolean;
}

/**
 * Ends a lease: other workers no longer watch this worker. Where a slot holds a job, or a job may still arrive there, the lease
 * lapses at once instead, so that other workers recover the job.
 */
export const retireWorker = {
  name: 'reqrepRetireWorker',
  // KEYS: workers, worker, slot...
  // ARGV: worker id, whether it is still watched (1 or 0)
  // Output: 1 when it was forgotten, 0 when others have to look after it
  lua: `${LUA_NOW}${LUA_PAST_OOM}
local isWatched = ARGV[2] == '1'
for i = 3, #KEYS, 1000 do
  isWatched = isWatched or redis.call('EXISTS', unpack(KEYS, i, math.min(i + 999, #KEYS))) > 0
end
if isWatched then
  beginWriting(KEYS[1])
  redis.call('ZADD', KEYS[1], 'XX', now, ARGV[1])
  return 0
end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('DEL', KEYS[2])
return 1
`,
  keys: ({ workers, worker, slots }: RetireWorker) => [workers, worker, ...slots],
  args: ({ workerId, isWatched }: RetireWorker) => [workerId, isWatched ? 1 : 0],
  read: (answer: unknown): boolean => answer === 1,
};
