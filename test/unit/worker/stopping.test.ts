import { expect, it } from 'vitest';
import { singleShard } from '../../../lib/driver/shard.js';
import { MemoryDriver } from '../../../lib/memory/memory-driver.js';
import { MemoryServer } from '../../../lib/memory/memory-server.js';
import { Keys } from '../../../lib/protocol/keys.js';
import { pushToList } from '../../../lib/protocol/operations/lists.js';
import { ReplyWorkers } from '../../../lib/worker/reply-workers.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';
import { KeptLog } from '../support/kept-log.js';
import { unheard } from '../support/silent-hooks.js';
import { NO_BOUNDS } from '../../support/dead-letters.js';

/** Workers whose jobs take as long as their data says, ms, and what they have begun with. */
function newWorkers() {
  const runtime = new VirtualRuntime();
  const driver = new MemoryDriver(new MemoryServer('memory://test', runtime), runtime);
  const keys = new Keys();
  const limits = { lease: 5_000, stallLimit: 60_000, shutdownTimeout: 10_000 };
  const log = new KeptLog(runtime);
  const workers = ReplyWorkers.create({
    shards: singleShard(driver, keys),
    log,
    ...unheard(log),
    options: { ...limits, ...NO_BOUNDS, maxPayload: 1_000, exposeStack: false },
  });
  const begun: unknown[] = [];
  const handle = (ms: unknown): Promise<void> => {
    begun.push(ms);
    return new Promise((resolve) => runtime.setTimeout(resolve, Number(ms)));
  };
  const handler = { queue: 'q', name: 'Test#run', concurrency: 4, timeout: 0, maxDeliveries: 3 };
  workers.serve([{ ...handler, deadLetterFailures: 'emits', handle }]);
  const push = (...jobs: number[]): void => {
    const elements = jobs.map((ms) => JSON.stringify([`job-${ms}`, ms, { c: 'caller' }]));
    void driver.commands.run(pushToList, { list: keys.queue('q').requests, elements });
  };
  return { workers, runtime, begun, push };
}

it('a queue that is resumed while its worker stops starts no other job', async () => {
  const { workers, runtime, begun, push } = newWorkers();
  const started = workers.start();
  await runtime.advanceAsync(10);
  await started;
  push(1_000, 2_000, 3_000);
  await runtime.advanceAsync(10);
  expect(begun).toEqual([1_000, 2_000, 3_000]);
  const stopped = workers.stop();
  await runtime.advanceAsync(10);
  workers.resume('q');
  push(1, 2);
  await runtime.advanceAsync(20_000);
  await stopped;
  expect(begun).toEqual([1_000, 2_000, 3_000]);
});
