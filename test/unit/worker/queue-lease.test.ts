import { expect, it } from 'vitest';
import type { Line } from '../../../lib/driver/line.js';
import { Keys } from '../../../lib/protocol/keys.js';
import type { LineIdentity } from '../../../lib/protocol/wire/line-identity.js';
import { QueueLease } from '../../../lib/worker/liveness/queue-lease.js';
import { OutageHistory } from '../../../lib/worker/liveness/outage-history.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';
import { KeptLog } from '../support/kept-log.js';

const connection = (id: number, server = 'run-1'): LineIdentity => ({
  id,
  address: `::1:${id}`,
  server,
});

/** @returns the connections that a renewal names. */
function namedBy(commands: readonly LineIdentity[], jobs: readonly LineIdentity[]): string {
  const runtime = new VirtualRuntime();
  const queue = {
    name: 'reports',
    keys: new Keys().queue('reports'),
    slots: [],
    outages: new OutageHistory(1_000),
    identities: () => jobs,
    onLapsed: () => undefined,
  };
  const lease = new QueueLease(queue, 'worker-1', 1_000, new KeptLog(), runtime);
  const line = { identity: commands.at(-1), identities: commands, server: { runId: 'run-1' } };
  return String(lease.renewal(line as unknown as Line, 0).input.description['connections']);
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
