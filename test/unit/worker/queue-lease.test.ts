import { expect, it } from 'vitest';
import type { Line } from '../../../lib/driver/line.js';
import { Keys } from '../../../lib/protocol/keys.js';
import type { LineIdentity } from '../../../lib/protocol/wire/line-identity.js';
import type { RenewedLease } from '../../../lib/protocol/operations/renew-lease.js';
import { QueueLease } from '../../../lib/worker/liveness/queue-lease.js';
import { OutageHistory } from '../../../lib/worker/liveness/outage-history.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';
import { KeptLog } from '../support/kept-log.js';

const connection = (id: number, server = 'run-1'): LineIdentity => ({
  id,
  address: `::1:${id}`,
  server,
});

function leaseOf(
  jobs: readonly LineIdentity[],
  counts: Readonly<Record<string, number>> = {},
): QueueLease {
  const runtime = new VirtualRuntime();
  const queue = {
    name: 'reports',
    keys: new Keys().queue('reports'),
    slots: [],
    outages: new OutageHistory(1_000),
    identities: () => jobs,
    onLapsed: () => undefined,
    onRenewed: () => undefined,
    report: () => ({
      handler: 'Test#run',
      version: '1',
      concurrency: 1,
      running: 0,
      paused: 0 as const,
      counts: { ...counts },
    }),
  };
  return new QueueLease(queue, 'worker-1', 1_000, new KeptLog(), runtime);
}

/** @returns the connections that a renewal names. */
function namedBy(commands: readonly LineIdentity[], jobs: readonly LineIdentity[]): string {
  const lease = leaseOf(jobs);
  const line = { identity: commands.at(-1), identities: commands, server: { runId: 'run-1' } };
  return String(lease.renewal(line as unknown as Line, 0).input.description.connections);
}

// Where it did not, a worker that died then was forgotten while its lost connection waited for a job: that one was nobody's.
it('a renewal names a lost connection that may still wait for a job', () => {
  expect(namedBy([connection(1)], [connection(2), connection(3)])).toBe('1@::1:1 2@::1:2 3@::1:3');
  expect(namedBy([connection(1)], [connection(2)])).toBe('1@::1:1 2@::1:2');
});

it('a renewal names no connection to an earlier server', () => {
  expect(namedBy([connection(1)], [connection(2, 'run-0'), connection(3)])).toBe('1@::1:1 3@::1:3');
});

it('a renewal names only the latest connections, as many as are read', () => {
  const lost = Array.from({ length: 9 }, (_, index) => connection(index + 2));
  expect(
    namedBy([connection(1)], lost)
      .split(' ')
      .map(Number.parseFloat),
  ).toEqual([1, 7, 8, 9, 10]);
});

it('counts that went to the totals while the worker was taken for lost are not told again', () => {
  const counts = { done: 0, failed: 0 };
  const lease = leaseOf([], counts);
  const line = { identity: undefined, identities: [], server: undefined } as unknown as Line;
  const renew = (done: number, former: RenewedLease['former']): unknown => {
    counts.done = done;
    const renewal = lease.renewal(line, 0);
    lease.renewed(renewal, { now: 0, former, lapsed: [], isPaused: false });
    return renewal.input.description.report?.counts;
  };
  expect(renew(3, 'none')).toEqual({ done: 3, failed: 0 });
  expect(renew(5, 'live')).toEqual({ done: 5, failed: 0 });
  // It was recovered with 5, and forgotten; only the answer tells.
  renew(6, 'none');
  expect(renew(8, 'live')).toEqual({ done: 3, failed: 0 });
  expect(lease.retirement(false).counts).toEqual({ done: 3, failed: 0 });
});
