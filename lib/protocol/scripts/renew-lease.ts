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
  /** The id of its connection, as `CLIENT LIST` shows it; `0` where the server did not tell. */
  readonly connection: number;
  readonly host: string;
  readonly pid: number;
  /** When it started, ms, Redis clock. */
  readonly started: number;
}

/** Says that a worker is alive. It writes the whole entry each time, so that an emptied server knows it again. */
export const renewLease = {
  name: 'reqrepRenewLease',
  // KEYS: workers, worker
  // ARGV: worker id, lease, field, value...
  // Output: none
  lua: `${LUA_NOW}
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
redis.call('HSET', KEYS[2], unpack(ARGV, 3))
`,
  keys: ({ workers, worker }: RenewLease) => [workers, worker],
  args: ({ workerId, lease, description }: RenewLease) => [
    workerId,
    lease,
    ...Object.entries(description).flat(),
  ],
  read: (): void => undefined,
};
