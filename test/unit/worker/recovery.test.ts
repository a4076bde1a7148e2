import { AsyncResource } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { ReplyError } from '../../../lib/memory/reply-error.js';
import { describeWorker } from '../../../lib/protocol/operations/describe-worker.js';
import { countKeys } from '../../../lib/protocol/operations/keys.js';
import { listLength, readListBytes } from '../../../lib/protocol/operations/lists.js';
import { listLines } from '../../../lib/protocol/operations/list-lines.js';
import { recoverWorker } from '../../../lib/protocol/operations/recover-worker.js';
import type { LineIdentity } from '../../../lib/protocol/wire/line-identity.js';
import { Recovery } from '../../../lib/worker/liveness/recovery.js';
import { OutageHistory } from '../../../lib/worker/liveness/outage-history.js';
import { FakeDriver } from '../../support/fake-driver.js';
import { KeptLog } from '../support/kept-log.js';
import { unheard } from '../support/silent-hooks.js';
import { NO_BOUNDS } from '../../support/dead-letters.js';

const LEASE_MS = 5_000;
const STALL_LIMIT_MS = 60_000;
const EXPIRY_MS = 100_000;

const OLD: LineIdentity = { id: 7, address: '1.2.3.4:7', server: 'run-1' };

/** One worker that has lapsed, with a job in its first slot, and the lines that the server still has. */
function newRecovery(lines: readonly LineIdentity[], job = '["job-1",null,{"c":"caller"}]') {
  const driver = new FakeDriver();
  const log = new KeptLog(driver.runtime);
  const line = driver.commands;
  line.server = { runId: 'run-1' };
  const cuts: LineIdentity[] = [];
  const steps: string[] = [];
  line.always(describeWorker, () => ({
    slots: '2',
    connections: '7@1.2.3.4:7',
    server: 'run-1',
    host: 'host',
    pid: '1',
  }));
  line.always(listLines, () => [...lines]);
  line.always(countKeys, () => 1);
  line.always(listLength, (key) => (key.endsWith(':0') ? 1 : 0));
  line.always(readListBytes, () => [Buffer.from(job)]);
  line.always(recoverWorker, ({ forget }) => {
    steps.push(forget ? 'forget' : 'recover');
    return { outcome: 'recovered', dropped: 0 };
  });
  line.always(
    { name: 'cut' } as never,
    ((identity: LineIdentity) => {
      steps.push('cut');
      cuts.push(identity);
      return true;
    }) as never,
  );
  const handler = { queue: 'reports', name: 'A#run', concurrency: 1, timeout: 0, maxDeliveries: 3 };
  const options = {
    lease: LEASE_MS,
    stallLimit: STALL_LIMIT_MS,
    shutdownTimeout: 1_000,
    maxPayload: 1_000,
    exposeStack: false,
    ...NO_BOUNDS,
  };
  const scope = new AsyncResource('test');
  const shard = driver.shard();
  const parts = { workerId: 'worker-1', shard, options, log, ...unheard(log), scope };
  const recovery = new Recovery(
    { ...handler, deadLetterFailures: 'emits', handle: () => undefined },
    parts,
    new OutageHistory(LEASE_MS),
  );
  return {
    driver,
    line,
    log,
    cuts,
    steps,
    /** @param silentMs - for how long the worker has not been heard of. */
    async sweep(silentMs: number): Promise<void> {
      const lapsed = [{ workerId: 'worker-2', expiry: `${EXPIRY_MS}` }];
      const swept = recovery.sweep(lapsed, EXPIRY_MS + silentMs - LEASE_MS);
      await driver.settle();
      await swept;
    },
    recovered: () =>
      line.inputsOf(recoverWorker).flatMap(({ slots }) => slots.map(({ jobs }) => jobs)),
  };
}

describe('a worker that has lapsed', () => {
  it('is not recovered while a connection of it is open, until it was silent for stallLimit', async () => {
    const { sweep, steps } = newRecovery([OLD]);
    await sweep(STALL_LIMIT_MS - 1);
    expect(steps).toEqual([]);
    await sweep(STALL_LIMIT_MS);
    expect(steps).toEqual(['cut', 'recover']);
    steps.length = 0;
    await sweep(STALL_LIMIT_MS + 5_000);
    expect(steps).toEqual(['cut', 'recover', 'forget']);
  });

  it('is recovered at once when none of its connections is open', async () => {
    const { sweep, steps, recovered } = newRecovery([]);
    await sweep(LEASE_MS + 1);
    expect(steps).toEqual(['recover', 'forget']);
    expect(recovered()).toEqual([[{ position: 0, id: 'job-1' }]]);
  });

  it.each<[string, LineIdentity]>([
    ['id', { ...OLD, address: '9.9.9.9:9' }],
    ['address', { ...OLD, id: 8 }],
  ])(
    'is recovered although a connection of another client has the same %s',
    async (_, stranger) => {
      const { sweep, cuts, steps } = newRecovery([stranger]);
      await sweep(STALL_LIMIT_MS + 10_000);
      expect([cuts, steps]).toEqual([[], ['recover', 'forget']]);
    },
  );

  it('is left to the next sweep when closing its connection is not answered', async () => {
    const { sweep, line, steps } = newRecovery([OLD]);
    line.cut = () => Promise.reject(new Error('The line was lost'));
    await sweep(STALL_LIMIT_MS);
    expect(steps).toEqual([]);
  });
});

describe('a job of a lost worker', () => {
  it.each<[string, string, object]>([
    ['goes back while it may be started again', '["id",1,{"c":"c","n":2}]', { position: 0 }],
    [
      'becomes a dead letter where it may run once',
      '["id",1,{"c":"c","n":1}]',
      dead('out of deliveries'),
    ],
    [
      'becomes a dead letter where it was the last time',
      '  ["id",1,{"c":"c"}]',
      dead('out of deliveries'),
    ],
    [
      'becomes a dead letter where its stream has begun',
      '["id",1,{"c":"c"}]\n',
      dead('broken stream'),
    ],
    [
      'becomes a dead letter where it cannot be read',
      'odd',
      { position: 0, dead: { reason: 'unreadable' } },
    ],
  ])('%s', async (_, job, expected) => {
    const { sweep, recovered } = newRecovery([], job);
    await sweep(LEASE_MS + 1);
    expect(recovered()).toMatchObject([[expected]]);
  });

  function dead(reason: string): object {
    return { position: 0, dead: { reason }, reply: { list: 'replies:c' } };
  }
});

it('a slot that is not a list keeps the record of its worker, and its other jobs are recovered', async () => {
  const { sweep, line, steps, log } = newRecovery([]);
  line.always(listLength, (key) => {
    if (key.endsWith(':1')) {
      throw new ReplyError('WRONGTYPE Operation against a key holding the wrong kind of value');
    }
    return 1;
  });
  await sweep(LEASE_MS + 1);
  expect(steps).toEqual(['recover']);
  expect(log.errors).toEqual([expect.stringContaining('delete the key if it is not a list')]);
});

it('a recovery that a close cuts off reports what it has recovered, and leaves no timer', async () => {
  const { sweep, driver, line, steps, log } = newRecovery([]);
  line.always(recoverWorker, ({ forget }) => {
    steps.push(forget ? 'forget' : 'recover');
    if (forget) {
      driver.close();
      log.close();
      throw new Error('The line was closed');
    }
    return { outcome: 'recovered', dropped: 0 };
  });
  await sweep(LEASE_MS + 1);
  expect(steps).toEqual(['recover', 'forget']);
  expect(log.warnings).toEqual([expect.stringContaining('1 job given back to the queue')]);
  expect(driver.runtime.pending).toBe(0);
});

it('a recovery ends when another worker recovers the same jobs', async () => {
  const { sweep, line, log } = newRecovery([]);
  line.always(recoverWorker, () => ({ outcome: 'changed', dropped: 0 }));
  await sweep(LEASE_MS + 1);
  expect(line.calls(recoverWorker)).toHaveLength(1);
  expect(log.warnings).toEqual([]);
});
