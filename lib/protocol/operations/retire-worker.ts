import type { CountsByField } from '../job-counts.js';
import { LUA_ADD_COUNTS } from './lua-add-counts.js';
import { LUA_NOW } from './lua-now.js';
import { LUA_PAST_OOM } from './lua-past-oom.js';

export interface RetireWorker {
  readonly workers: string;
  readonly worker: string;
  /** The totals of the queue. */
  readonly totals: string;
  readonly workerId: string;
  /** The counts of the worker since its start. @default none */
  readonly counts?: CountsByField;
  /** All slots of the worker. */
  readonly slots: readonly string[];
  /** Whether a job may still arrive in a slot. */
  readonly isWatched: boolean;
}

/**
 * Ends a lease: other workers no longer watch this worker. Where a slot holds a job, or a job may still arrive there, the lease
 * lapses at once instead, so that other workers recover the job. The counts of the worker go to the totals of its queue, once: by the
 * process that makes the server forget the worker.
 */
export const retireWorker = {
  name: 'reqrepRetireWorker',
  // KEYS: workers, worker, totals, slot...
  // ARGV: worker id, whether it is still watched (1 or 0), field, count...
  // Output: 1 when it was forgotten, 0 when others have to look after it
  lua: `${LUA_NOW}${LUA_PAST_OOM}${LUA_ADD_COUNTS}
local isWatched = ARGV[2] == '1'
for i = 4, #KEYS, 1000 do
  isWatched = isWatched or redis.call('EXISTS', unpack(KEYS, i, math.min(i + 999, #KEYS))) > 0
end
beginWriting(KEYS[1])
if #ARGV > 2 and redis.call('EXISTS', KEYS[2]) == 1 then redis.pcall('HSET', KEYS[2], unpack(ARGV, 3)) end
if isWatched then
  redis.call('ZADD', KEYS[1], 'XX', now, ARGV[1])
  return 0
end
if redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then addCounts(KEYS[2], KEYS[3]) end
redis.call('DEL', KEYS[2])
return 1
`,
  keys: ({ workers, worker, totals, slots }: RetireWorker) => [workers, worker, totals, ...slots],
  args: ({ workerId, isWatched, counts = {} }: RetireWorker) => [
    workerId,
    isWatched ? 1 : 0,
    ...Object.entries(counts).flat(),
  ],
  read: (answer: unknown): boolean => answer === 1,
};
