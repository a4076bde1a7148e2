import type { DescribedWorker } from '../../protocol/operations/describe-worker.js';
import type { LapsedLease } from '../../protocol/operations/renew-lease.js';
import { decodeIdentities, type LineIdentity } from '../../protocol/wire/line-identity.js';

/** Slots that a worker is believed to have at most, on one queue. */
export const MAX_SLOTS = 100_000;

/** A worker whose lease has lapsed, as its hash describes it. */
export interface LapsedWorker {
  readonly id: string;
  /** How many slots it has; `undefined` where it says nothing that can be true. */
  readonly slots: number | undefined;
  /** Its connections that may still stand; none where it does not say. */
  readonly connections: readonly LineIdentity[];
  /** The `run_id` of the server that it was connected to; `undefined` where it does not say. */
  readonly server: string | undefined;
  /** How to name it in a log. */
  readonly name: string;
  /** When its lease lapsed, ms, Redis clock. */
  readonly expiry: number;
}

/** Reads the description of a worker. Anybody may have written it, so that nothing is used that cannot be true. */
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
