import type { CountsByField } from '../job-counts.js';
import { LUA_NOW } from './lua-now.js';
import { LUA_PAST_OOM } from './lua-past-oom.js';
import { scoredMembersIn } from './scored-members.js';

export interface RenewLease {
  readonly workers: string;
  readonly worker: string;
  /** The key that exists while the queue is paused for all workers. */
  readonly paused: string;
  readonly workerId: string;
  /** Duration of the lease from now on, ms. */
  readonly lease: number;
  /** Number of earlier renewals: where many leases have lapsed, each renewal returns the next of them. */
  readonly turn?: number;
  readonly description: WorkerDescription;
}

/** The description of a worker for other processes: the fields of its hash. */
export interface WorkerDescription {
  /** Number of its slots on this queue. */
  readonly slots: number;
  /** The connections of the worker as `id@address`, separated by spaces; empty where the server does not show them. */
  readonly connections: string;
  /** The `run_id` of the server; empty where the server does not show it. */
  readonly server: string;
  readonly host: string;
  readonly pid: number;
  /** The time when the worker started, ms, Redis clock. */
  readonly started: number;
  /** What the worker says of its work; a worker of an earlier version says nothing. */
  readonly report?: WorkerReport;
}

/** What a worker tells of its work with each renewal of its lease. */
export interface WorkerReport {
  /** The handler: `Class#method`. */
  readonly handler: string;
  /** The version of the library. */
  readonly version: string;
  readonly concurrency: number;
  /** Number of jobs that run. */
  readonly running: number;
  /** Whether it takes no jobs, because its process or all were told to pause: 1 or 0. */
  readonly paused: 0 | 1;
  /** Counts since its start. */
  readonly counts: CountsByField;
}

/** @returns the fields of a worker's hash, with their values in turn. */
export function fieldsOfWorker({ report, ...description }: WorkerDescription): (string | number)[] {
  const { counts = {}, ...state } = report ?? {};
  // To merge the three parts into one object first takes three times as long.
  return [
    ...Object.entries(description),
    ...Object.entries(state),
    ...Object.entries(counts),
  ].flat();
}

export interface RenewedLease {
  /** Time of the renewal, ms, Redis clock. */
  readonly now: number;
  /** State of the lease before the renewal; `none` = the server did not know the worker. */
  readonly former: 'none' | 'lapsed' | 'live';
  /** Workers whose lease has lapsed. */
  readonly lapsed: readonly LapsedLease[];
  /** Whether the queue is paused for the workers of all processes. */
  readonly isPaused: boolean;
}

/** A lease that was not renewed in time. */
export interface LapsedLease {
  readonly workerId: string;
  /** Time at which the lease lapsed, ms, Redis clock, as Redis writes numbers. */
  readonly expiry: string;
}

/** Maximum number of lapsed workers that one call returns. */
export const MAX_LAPSED_WORKERS = 32;

/** Longest id of a worker, bytes. This library makes no longer id. */
export const MAX_WORKER_ID_BYTES = 256;

/**
 * Renews the lease of a worker and returns the workers whose leases have lapsed. Writes the whole description each time, so that
 * a server that has lost its data knows the worker again.
 */
export const renewLease = {
  name: 'reqrepRenewLease',
  // KEYS: workers, worker, paused
  // ARGV: worker id, lease, turn, field, value...
  // Output: now, the former lease (0 = none, 1 = lapsed, 2 = live), {id and end of each lease that has lapsed}, whether the queue is
  //   paused (1 or 0)
  lua: `${LUA_NOW}${LUA_PAST_OOM}
local expiry = redis.call('ZSCORE', KEYS[1], ARGV[1])
beginWriting(KEYS[1])
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
redis.call('HSET', KEYS[2], unpack(ARGV, 4))
local count = redis.call('ZCOUNT', KEYS[1], '-inf', now)
local offset = count > ${MAX_LAPSED_WORKERS} and ARGV[3] * ${MAX_LAPSED_WORKERS} % count or 0
local found = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'WITHSCORES', 'LIMIT', offset, ${MAX_LAPSED_WORKERS})
local lapsed = {}
for i = 1, #found, 2 do
  if #found[i] <= ${MAX_WORKER_ID_BYTES} then
    lapsed[#lapsed + 1] = found[i]
    lapsed[#lapsed + 1] = found[i + 1]
  end
end
return { now, not expiry and 0 or tonumber(expiry) > now and 2 or 1, lapsed, redis.call('EXISTS', KEYS[3]) }
`,
  keys: ({ workers, worker, paused }: RenewLease) => [workers, worker, paused],
  args: ({ workerId, lease, turn = 0, description }: RenewLease) => [
    workerId,
    lease,
    turn,
    ...fieldsOfWorker(description),
  ],
  read: (answer: unknown): RenewedLease => {
    const [now, former, found, paused] = answer as [number, 0 | 1 | 2, string[], 0 | 1];
    const lapsed = scoredMembersIn(found).map(([workerId, expiry]) => ({ workerId, expiry }));
    const states = ['none', 'lapsed', 'live'] as const;
    return { now, former: states[former], lapsed, isPaused: paused === 1 };
  },
};
