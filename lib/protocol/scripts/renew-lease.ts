import { LUA_NOW } from './lua-now.js';

export interface RenewLease {
  readonly workers: string;
  readonly worker: string;
  readonly workerId: string;
  /** How long the lease lasts from now on, ms. */
  readonly lease: number;
  readonly description: WorkerDescription;
}

/** What others may know of a worker: the fields of its hash. */
export interface WorkerDescription {
  /** How many slots it has on this queue. */
  readonly slots: number;
  /** Its connections, as `CLIENT LIST` shows them: `id@address`, with spaces between; empty where the server does not tell. */
  readonly connections: string;
  /** The `run_id` of the server that these are to; empty where it does not tell. */
  readonly server: string;
  readonly host: string;
  readonly pid: number;
  /** When it started, ms, Redis clock. */
  readonly started: number;
}

/** Lapsed workers named by one call at most. */
const MOST_LAPSED = 32;

/**
 * Says that a worker is alive, and asks which others have not said so in time. It writes the whole entry each
 * time, so that an emptied server knows it again.
 */
export const renewLease = {
  name: 'reqrepRenewLease',
  // KEYS: workers, worker
  // ARGV: worker id, lease, field, value...
  // Output: the ids of workers whose lease has lapsed
  lua: `${LUA_NOW}
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
redis.call('HSET', KEYS[2], unpack(ARGV, 3))
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ${MOST_LAPSED})
`,
  keys: ({ workers, worker }: RenewLease) => [workers, worker],
  args: ({ workerId, lease, description }: RenewLease) => [
    workerId,
    lease,
    ...Object.entries(description).flat(),
  ],
  read: (answer: unknown): string[] => answer as string[],
};
