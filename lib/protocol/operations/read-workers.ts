import { COUNT_FIELDS, type CountsByField } from '../job-counts.js';
import { MAX_FIELD_BYTES } from './describe-worker.js';
import { MAX_COUNT_DIGITS } from './lua-add-counts.js';
import { LUA_NOW } from './lua-now.js';
import { LUA_READ_FIELD } from './lua-read-field.js';
import { scoredMembersIn } from './scored-members.js';

export interface ReadWorkers {
  readonly workers: string;
  readonly totals: string;
  /** The keys of the hashes to read. */
  readonly hashes: readonly string[];
}

/** A lease as the queue knows it. */
export interface KnownLease {
  readonly workerId: string;
  /** When the lease lapses or has lapsed, ms, Redis clock. */
  readonly expiry: number;
}

/** The fields of a worker's hash: a missing one, or one that is too long, is `''`. */
export type WorkerFields = Readonly<Record<(typeof WORKER_FIELDS)[number], string>>;

/** The hash of a worker. Any process may have written it. */
export interface ReadWorker {
  readonly fields: WorkerFields;
  readonly counts: CountsByField;
}

export interface WorkersOfQueue {
  /** Time of the answer, ms, Redis clock. */
  readonly now: number;
  /** All workers of the queue, also those whose lease has lapsed; {@link MAX_KNOWN_WORKERS} at most. */
  readonly leases: readonly KnownLease[];
  /** The counts of workers that are gone. */
  readonly totals: CountsByField;
  /** The hashes that were asked for. */
  readonly workers: readonly ReadWorker[];
}

/** The fields of a worker's hash beside its counts that other processes read. */
export const WORKER_FIELDS = [
  'host',
  'pid',
  'started',
  'handler',
  'version',
  'concurrency',
  'running',
  'paused',
] as const;

/** Most workers of one queue that are read. */
export const MAX_KNOWN_WORKERS = 10_000;

/** Most hashes that one call reads, since Redis serves no other client meanwhile. */
export const MAX_READ_HASHES = 50;

/** Reads which workers a queue has, what some of them tell of their work, and the counts of those that are gone, at one moment. */
export const readWorkers = {
  name: 'reqrepReadWorkers',
  // KEYS: workers, totals, hash of a worker...
  // ARGV: none
  // Output: now, {id and expiry of each lease}, {each count of the totals}, {each field and count of a worker}...
  lua: `${LUA_NOW}${LUA_READ_FIELD}
local function read(key, fields, longest, found)
  for _, field in ipairs(fields) do found[#found + 1] = readField(key, field, longest) end
  return found
end
local fields, counts = {'${WORKER_FIELDS.join(`','`)}'}, {'${COUNT_FIELDS.join(`','`)}'}
local leases = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '+inf', 'WITHSCORES', 'LIMIT', 0, ${MAX_KNOWN_WORKERS})
local answer = { now, leases, read(KEYS[2], counts, ${MAX_COUNT_DIGITS}, {}) }
for i = 3, #KEYS do
  answer[i + 1] = read(KEYS[i], counts, ${MAX_COUNT_DIGITS}, read(KEYS[i], fields, ${MAX_FIELD_BYTES}, {}))
end
return answer
`,
  keys: ({ workers, totals, hashes }: ReadWorkers) => [workers, totals, ...hashes],
  args: () => [],
  read: (answer: unknown): WorkersOfQueue => {
    const [now, found, totals, ...workers] = answer as [number, ...string[][]];
    return {
      now,
      leases: scoredMembersIn(found).map(([workerId, expiry]) => ({
        workerId,
        expiry: Number(expiry),
      })),
      totals: countsIn(totals),
      workers: workers.map((values) => ({
        fields: Object.fromEntries(
          WORKER_FIELDS.map((field, index) => [field, values[index] ?? '']),
        ) as WorkerFields,
        counts: countsIn(values.slice(WORKER_FIELDS.length)),
      })),
    };
  },
};

/** @param values - in the order of {@link COUNT_FIELDS}. */
export const countsIn = (values: readonly string[] = []): CountsByField =>
  Object.fromEntries(
    COUNT_FIELDS.map((field, index) => {
      const value = values[index] ?? '';
      return [field, /^\d+$/.test(value) ? Number(value) : 0];
    }),
  );
