import type { DescribedWorker } from '../../protocol/operations/describe-worker.js';
import type { LapsedLease } from '../../protocol/operations/renew-lease.js';
import { decodeIdentities, type LineIdentity } from '../../protocol/wire/line-identity.js';

/** Maximum number of slots that a worker can have on one queue. A larger number in Redis is not believed. */
export const MAX_SLOTS = 100_000;

/** A worker whose lease has lapsed, as its hash describes it. */
export interface LapsedWorker {
  readonly id: string;
  /** Number of slots of the worker; `undefined` where the number in the hash cannot be true. */
  readonly slots: number | undefined;
  /** The connections of the worker that may still be open; none where the hash names none. */
  readonly connections: readonly LineIdentity[];
  /** The `run_id` of the server that the worker was connected to; `undefined` where the hash does not say. */
  readonly server: string | undefined;
  /** The name of the worker in the log. */
  readonly name: string;
  /** The time when the lease of the worker lapsed, ms, Redis clock. */
  readonly expiry: number;
}

/** Reads the description of a worker. Anybody may have written it, so values that cannot be true are ignored. */
export function readLapsedWorker(lease: LapsedLease, described: DescribedWorker): LapsedWorker {
  const { workerId: id } = lease;
  const server = described.server || undefined;
  const expiry = Number(lease.expiry);
  return {
    id,
    slots: parseSlots(described.slots),
    connections: decodeIdentities(described.connections, server),
    server,
    name: `${id} (process ${described.pid || 'unknown'} on ${described.host || 'an unknown host'})`,
    expiry: Number.isFinite(expiry) ? expiry : 0,
  };
}

function parseSlots(text: string): number | undefined {
  const slots = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  return slots > 0 && slots <= MAX_SLOTS ? slots : undefined;
}
