import { expect, it } from 'vitest';
import { closeInOrder } from '../../../lib/core/closing.js';
import { singleShard } from '../../../lib/driver/shard.js';
import { MemoryDriver } from '../../../lib/memory/memory-driver.js';
import { MemoryServer } from '../../../lib/memory/memory-server.js';
import { Keys } from '../../../lib/protocol/keys.js';
import { ReplyWorkers } from '../../../lib/worker/reply-workers.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';
import { KeptLog } from '../support/kept-log.js';
import { unheard } from '../support/silent-hooks.js';
import { NO_BOUNDS } from '../../support/dead-letters.js';

/** The workers of one queue, and their close with a slow client. */
function newWorkers() {
  const runtime = new VirtualRuntime();
  const server = new MemoryServer('memory://test', runtime);
  const servers = new MemoryDriver(server, runtime);
  const log = new KeptLog(runtime);
  const limits = { lease: 5_000, stallLimit: 60_000, shutdownTimeout: 1_000 };
  const workers = ReplyWorkers.create({
    shards: singleShard(servers, new Keys()),
    log,
    ...unheard(log),
    options: { ...limits, ...NO_BOUNDS, maxPayload: 1_000, exposeStack: false },
  });
  const handler = { queue: 'q', name: 'Test#run', concurrency: 1, timeout: 0, maxDeliveries: 3 };
  workers.serve([{ ...handler, deadLetterFailures: 'emits', handle: () => undefined }]);
  const client = {
    close: (): Promise<void> => new Promise((resolve) => runtime.setTimeout(resolve, 500)),
  };
  const engine = { close: () => undefined };
  const close = (): Promise<void> => closeInOrder({ workers, client, servers, engine, log });
  return { workers, close, runtime, log, server };
}

it('workers do not start when start() is called while they close', async () => {
  const { workers, close, runtime, log, server } = newWorkers();
  const start = workers.start();
  await runtime.advanceAsync(100);
  await start;
  void workers.stop();
  const before = workers.start();
  const closed = close();
  const refused = expect(workers.start()).rejects.toMatchObject({ code: 'WORKERS_CLOSED' });
  await runtime.advanceAsync(10_000);
  await Promise.all([before, closed, refused]);
  expect(log.infos.filter((line) => line.startsWith('Serving'))).toHaveLength(1);
  expect(workers.status.state).toBe('stopped');
  expect(server.store.keys).toEqual([new Keys().queues]);
});
