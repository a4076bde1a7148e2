import { expect, it } from 'vitest';
import type { RequestClient } from '../../../lib/client/request-client.js';
import type { JobHandlerExplorer } from '../../../lib/nest/handlers/job-handler-explorer.js';
import { ReqRepLifecycle } from '../../../lib/nest/module/reqrep-lifecycle.js';
import type { Servers } from '../../../lib/driver/shard.js';
import type { ReplyWorkers } from '../../../lib/worker/reply-workers.js';
import { KeptLog } from '../support/kept-log.js';

/** A lifecycle whose parts only record their calls. */
function lifecycle(failing: readonly string[] = [], prefix = '') {
  const steps: string[] = [];
  const log = new KeptLog();
  const step = async (name: string): Promise<void> => {
    steps.push(`${name} begins`);
    await Promise.resolve();
    if (failing.includes(name)) {
      throw new Error(`${name} failed`);
    }
    steps.push(`${name} ends`);
  };
  const parts = {
    explorer: { explore: async () => [] } as Partial<JobHandlerExplorer>,
    client: { close: () => step('client') } as Partial<RequestClient>,
    workers: { serve: () => undefined, close: () => step('workers') } as Partial<ReplyWorkers>,
    servers: { close: () => void steps.push('connections') } as Partial<Servers>,
    engine: { close: () => undefined },
    options: { prefix, workers: true },
    log,
  };
  return { steps, log, life: new ReqRepLifecycle(parts as never) };
}

it('closes the workers, then the client, then the connections, one after the other', async () => {
  const { steps, log, life } = lifecycle();
  await life.onApplicationShutdown();
  expect(steps).toEqual([
    'workers begins',
    'workers ends',
    'client begins',
    'client ends',
    'connections',
  ]);
  expect(log.errors).toEqual([]);
});

it('continues to close after a failure, and logs it', async () => {
  const { steps, log, life } = lifecycle(['workers', 'client']);
  await life.onApplicationShutdown();
  expect(steps).toEqual(['workers begins', 'client begins', 'connections']);
  expect(log.errors).toEqual([
    'Stopping the workers failed: workers failed',
    'Closing the client failed: client failed',
  ]);
});

it('logs one warning for a prefix without a separator, and none for any other prefix', async () => {
  for (const [prefix, lines] of [
    ['billing', 1],
    ['billing:', 0],
    ['', 0],
    ['x'.repeat(100_000), 1],
  ] as const) {
    const { log, life } = lifecycle([], prefix);
    await life.onModuleInit();
    expect(log.warnings).toHaveLength(lines);
    expect(log.warnings.every((line) => line.length < 3_000)).toBe(true);
  }
});
