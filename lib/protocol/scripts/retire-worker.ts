import { LUA_NOW } from './lua-now.js';

export interface RetireWorker {
  readonly workers: string;
  readonly worker: string;
  readonly workerId: string;
  /** All its slots. */
  readonly slots: readonly string[];
  /** Whether a job may still come into one of them. */
  readonly isWatched: boolean;
}

/**
 * Gives a lease up: nobody looks after this worker any more. Where a job lies in one of its slots, or may still come
 * there, the lease lapses at once instead, so that others take the job back.
 */
export const retireWorker = {
  name: 'reqrepRetireWorker',
  // KEYS: workers, worker, slot...
  // ARGV: worker id, whether it is still watched (1 or 0)
  // Output: 1 when it was forgotten, 0 when others have to look after it
  lua: `${LUA_NOW}
local isWatched = ARGV[2] == '1'
for i = 3, #KEYS do
  isWatched = isWatched or redis.call('EXISTS', KEYS[i]) == 1
end
if isWatched then
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
