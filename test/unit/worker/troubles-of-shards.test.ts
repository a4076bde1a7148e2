import { expect, it, onTestFinished } from 'vitest';
import { RequestClient } from '../../../lib/client/request-client.js';
import { singleShard, type Shards } from '../../../lib/driver/shard.js';
import { pushJobs } from '../../../lib/protocol/operations/push-jobs.js';
import { renewLease } from '../../../lib/protocol/operations/renew-lease.js';
import { settleJobs } from '../../../lib/protocol/operations/settle-jobs.js';
import { takeJobs } from '../../../lib/protocol/operations/take-jobs.js';
import { waitForJob } from '../../../lib/protocol/operations/wait-for-job.js';
import { ReplyWorkers } from '../../../lib/worker/reply-workers.js';
import { FakeDriver } from '../../support/fake-driver.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';
import { KeptLog } from '../support/kept-log.js';
import { silentHooks, unheard } from '../support/silent-hooks.js';
import { job, QUEUE } from '../support/worker-under-test.js';
import { NO_BOUNDS } from '../../support/dead-letters.js';

const OOM = 'OOM command not allowed';

/** A hot queue, which is in two shards, and a log for both. */
function hotQueue() {
  const runtime = new VirtualRuntime();
  const drivers = [new FakeDriver(runtime), new FakeDriver(runtime)] as const;
  const [first, second] = drivers;
  const all = [first.shard('', '1'), second.shard('', '2')] as const;
  let turn = 0;
  const shards: Shards = {
    ...singleShard(first, all[0].keys),
    all,
    of: () => all,
    next: () => all[turn++ % 2 === 0 ? 0 : 1],
  };
  return { runtime, drivers, shards, log: new KeptLog(runtime) };
}

it('that one shard accepts replies again says nothing of another', async () => {
  const { runtime, drivers, shards, log } = hotQueue();
  const workers = ReplyWorkers.create({
    shards,
    log,
    ...unheard(log),
    options: {
      lease: 5_000,
      stallLimit: 60_000,
      shutdownTimeout: 0,
      maxPayload: 100_000,
      exposeStack: false,
      ...NO_BOUNDS,
    },
  });
  const handler = { queue: QUEUE, name: 'Test#run', concurrency: 2, timeout: 0, maxDeliveries: 3 };
  workers.serve([{ ...handler, deadLetterFailures: 'emits', handle: () => 'done' }]);
  drivers.forEach(({ commands }) =>
    commands.always(renewLease, () => ({
      now: 0,
      former: 'live' as const,
      lapsed: [],
      isPaused: false,
    })),
  );
  const started = workers.start();
  await runtime.advanceAsync(0);
  for (const { commands, blockingLines } of drivers) {
    blockingLines[0]?.next(waitForJob).answer([job('a')]);
    await runtime.advanceAsync(0);
    blockingLines[0]?.always(takeJobs, () => []);
    commands.next(settleJobs).refuse(OOM);
  }
  await started;
  await runtime.advanceAsync(10_000);
  expect(log.errors).toEqual([OOM, OOM].map((refusal) => expect.stringContaining(refusal)));
  for (const [index, { commands }] of drivers.entries()) {
    commands.always(settleJobs, ({ takes }) => ({ jobs: takes.map(() => []) }));
    await runtime.advanceAsync(10_000);
    const said = log.infos.filter((text) => text === 'Redis accepts replies again');
    expect(said).toHaveLength(index + 1);
  }
});

it('that one shard accepts jobs again says nothing of another', async () => {
  const { runtime, drivers, shards, log } = hotQueue();
  const limits = { maxPending: 100, maxPendingBytes: 1_000_000, maxPayload: 100_000 };
  const client = RequestClient.create({
    shards,
    log,
    hooks: silentHooks(log),
    options: { timeout: 0, ...limits },
  });
  const calls = [1, 2].map((data) => client.emit(QUEUE, data).subscribe());
  onTestFinished(() => calls.forEach((call) => call.unsubscribe()));
  await runtime.advanceAsync(0);
  drivers.forEach(({ commands }) => commands.next(pushJobs).refuse(OOM));
  await runtime.advanceAsync(1_000);
  expect(log.warnings).toHaveLength(2);
  for (const [index, { commands }] of drivers.entries()) {
    commands.always(pushJobs, () => ({ outcome: 'pushed' as const, queueLength: 1 }));
    await runtime.advanceAsync(10_000);
    expect(log.infos).toEqual(Array(index + 1).fill('Redis accepts jobs again'));
  }
});
