import { AsyncResource } from 'node:async_hooks';
import { expect, it, onTestFinished } from 'vitest';
import { Keys } from '../../../lib/protocol/keys.js';
import { connectionSource } from '../../../lib/redis/topology/connection-source.js';
import { Connections } from '../../../lib/redis/connections.js';
import { ReplyWorker } from '../../../lib/worker/reply-worker.js';
import { Settler } from '../../../lib/worker/settling/settler.js';
import type { WorkerOptions } from '../../../lib/worker/worker-options.js';
import { randomQueue } from '../../support/random-queue.js';
import { useRedis } from '../../support/redis.js';
import { waitFor } from '../../support/wait-for.js';
import { KeptLog } from '../../unit/support/kept-log.js';

const redis = useRedis();

/** A worker that keeps what it has run. @param runWithin - what each run begins in. */
async function startWorker(runWithin: NonNullable<WorkerOptions['runWithin']>) {
  const queue = randomQueue();
  const log = new KeptLog();
  const connections = new Connections(connectionSource(redis.url), 'test', log);
  await connections.ready();
  const ran: unknown[] = [];
  const handler = {
    queue,
    name: 'Test#run',
    concurrency: 4,
    timeout: 0,
    maxDeliveries: 3,
    handle: (data: unknown) => void ran.push(data),
  };
  const options = {
    lease: 5_000,
    stallLimit: 60_000,
    shutdownTimeout: 1_000,
    maxPayload: 1_000,
    exposeStack: false,
    runWithin,
  };
  const scope = new AsyncResource('test');
  const shard = { driver: connections, keys: new Keys() };
  const parts = { workerId: 'worker-1', shard, options, log, scope };
  const lease = { renew: () => Promise.resolve(), isUpToDate: () => true };
  const worker = new ReplyWorker(handler, parts, new Settler(connections, log, lease.renew), lease);
  worker.start();
  onTestFinished(async () => {
    await worker.stop(AbortSignal.timeout(1_000));
    connections.close();
  });
  return { queue, worker, ran, log };
}

it('a job that cannot even be started is answered with the error, holds no place and stops no other', async () => {
  let tries = 0;
  const { queue, worker, ran, log } = await startWorker((_context, work) => {
    if (++tries % 2 === 1) {
      throw new Error('odd');
    }
    work();
  });
  const count = 40;
  const jobs = Array.from({ length: count }, (_, index) =>
    JSON.stringify([`id-${index}`, index, { c: queue }]),
  );
  await redis.look.rpush(`${queue}requests`, ...jobs);
  const list = new Keys().replies(queue);
  await waitFor(async () => (await redis.look.llen(list)) === count);
  expect(ran).toHaveLength(count / 2);
  const errors = (await redis.look.lrange(list, 0, -1)).filter((frame) => frame.includes('"e"'));
  expect(errors).toHaveLength(count / 2);
  expect(errors[0]).toContain('odd');
  await waitFor(async () => (await redis.look.keys(`${queue}active:*`)).length === 0);
  expect(worker.busy).toBe(0);
  expect(log.errors.join()).toContain('odd');
});
