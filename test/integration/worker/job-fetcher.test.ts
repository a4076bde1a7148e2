import { expect, it, onTestFinished } from 'vitest';
import { Keys } from '../../../lib/protocol/keys.js';
import { connectionSource } from '../../../lib/redis/topology/connection-source.js';
import { Connections } from '../../../lib/redis/connections.js';
import { JobFetcher } from '../../../lib/worker/taking/job-fetcher.js';
import { Slots, type Slot } from '../../../lib/worker/taking/slots.js';
import { randomQueue } from '../../support/random-queue.js';
import { useRedis } from '../../support/redis.js';
import { waitFor } from '../../support/wait-for.js';
import { KeptLog } from '../../unit/support/kept-log.js';

const redis = useRedis();

it.each([
  ['an error', new Error('odd')],
  ['nothing at all', undefined],
  ['what looks like a refusal', Object.assign(new Error('OOM odd'), { name: 'ReplyError' })],
])('whose owner throws %s goes on, takes nothing twice and says so once', async (_, thrown) => {
  const queue = randomQueue();
  const keys = new Keys().queue(queue);
  const log = new KeptLog();
  const connections = new Connections(connectionSource(redis.url), 'test', log);
  const slots = new Slots(keys, 'worker-1', 64);
  const taken: string[] = [];
  let announcements = 0;
  const fetcher = new JobFetcher(connections, queue, keys, log, {
    wantsFetch: () => true,
    take: (most) => ({ slot: slots.take() as Slot, most: Math.min(most, 3), isLong: false }),
    onFetched: (take, jobs) => {
      taken.push(...jobs);
      if (jobs.length === 0) {
        slots.release(take.slot);
      }
      throw thrown;
    },
    onFetchUnanswered: () => {
      throw thrown;
    },
    onConnected: async () => void announcements++,
  });
  const jobs = Array.from({ length: 20 }, (_job, index) => `job-${index}`);
  await redis.look.rpush(keys.requests, ...jobs);
  fetcher.start();
  onTestFinished(async () => {
    await fetcher.stop(AbortSignal.timeout(1_000));
    connections.close();
  });
  await waitFor(() => taken.length === jobs.length);
  expect(taken).toEqual(jobs);
  expect(announcements).toBe(1);
  expect(log.errors).toHaveLength(1);
});
