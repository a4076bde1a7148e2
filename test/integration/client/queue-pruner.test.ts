import { expect, it, onTestFinished } from 'vitest';
import { QueuePruner } from '../../../lib/client/queue-pruner.js';
import { completeJob, encodeJob } from '../../../lib/protocol/wire/job-element.js';
import { Keys } from '../../../lib/protocol/keys.js';
import { connectionSource } from '../../../lib/redis/topology/connection-source.js';
import { Connections } from '../../../lib/redis/connections.js';
import { commandCalls } from '../../support/command-calls.js';
import { randomQueue } from '../../support/random-queue.js';
import { useRedis } from '../../support/redis.js';
import { waitFor } from '../../support/wait-for.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';
import { KeptLog } from '../../unit/support/kept-log.js';

const redis = useRedis();

/** Connections whose timers run in virtual time. */
class DrivenConnections extends Connections {
  override readonly runtime = new VirtualRuntime();
}

async function newPruner() {
  const connections = new DrivenConnections(connectionSource(redis.url), 'test', new KeptLog());
  onTestFinished(() => connections.close());
  await connections.ready();
  const pruner = new QueuePruner({ driver: connections, keys: new Keys() }, connections.log);
  onTestFinished(() => pruner.close());
  const queue = randomQueue();
  const { requests } = new Keys().queue(queue);
  /** Reports a timeout, and lets the delay until the pruning pass. */
  const expire = (): void => {
    pruner.requestTimedOut(queue);
    connections.runtime.advance(1_000);
  };
  return { expire, requests };
}

const job = (id: string, deadline?: number): string =>
  completeJob(encodeJob(id, 'null', { replyTo: 'client-1' }), 1, deadline);
const many = (count: number, element: string): string[] =>
  Array.from({ length: count }, () => element);

it.each([
  ['one job that stays', 1],
  ['many jobs that stay', 1_200],
])('removes expired jobs behind %s', async (_, count) => {
  const { expire, requests } = await newPruner();
  const staying = many(count, job('stays'));
  await redis.look.rpush(
    requests,
    ...staying,
    ...many(3, job('old', 2)),
    'not JSON',
    job('old', 2),
  );
  expire();
  await waitFor(async () => (await redis.look.llen(requests)) === count + 1, 3_000);
  expect(await redis.look.lrange(requests, 0, -1)).toEqual([...staying, 'not JSON']);
});

it('skips a limited number of unexpired jobs', async () => {
  const { expire, requests } = await newPruner();
  await redis.look.rpush(requests, ...many(20_000, job('stays')), job('old', 2));
  await redis.look.config('RESETSTAT');
  expire();
  await waitFor(async () => (await commandCalls(redis.look, 'lindex')) >= 5_000, 3_000);
  expect(await commandCalls(redis.look, 'lindex')).toBeLessThan(6_000);
  expect(await redis.look.llen(requests)).toBe(20_001);
});
