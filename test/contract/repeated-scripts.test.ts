import { describe, expect, it } from 'vitest';
import { completeJob, encodeJob } from '../../lib/protocol/wire/job-element.js';
import { inspectQueue } from '../../lib/protocol/operations/inspect-queue.js';
import { measureList } from '../../lib/protocol/operations/measure-list.js';
import { pruneExpiredJobs } from '../../lib/protocol/operations/prune-expired-jobs.js';
import { recoverWorker } from '../../lib/protocol/operations/recover-worker.js';
import { announceQueues } from '../../lib/protocol/operations/announce-queues.js';
import { readWorkers } from '../../lib/protocol/operations/read-workers.js';
import { renewLease } from '../../lib/protocol/operations/renew-lease.js';
import { retireWorker } from '../../lib/protocol/operations/retire-worker.js';
import { digestOf } from '../../lib/worker/liveness/slot-parts.js';
import type { Run } from '../../lib/driver/operation.js';
import { NO_BOUNDS } from '../support/dead-letters.js';
import { useContractServers } from './support/contract-servers.js';
import {
  callOf,
  contentsOf,
  FREEING_CASES,
  newQueue,
  STREAM_CASE,
  type ScriptCase,
} from './support/script-cases.js';

const recovering = (name: string, forget: boolean): ScriptCase => ({
  name: `giving back the jobs of a lost worker, which is ${name}`,
  prepare: async (look) => {
    const { prefix, keys, slot, list } = await newQueue(look);
    await look.zadd(keys.workers, 1, 'worker-1');
    await look.hset(keys.worker('worker-1'), 'slots', 2);
    await look.hset(keys.worker('worker-1'), 'done', 3);
    return callOf(prefix, recoverWorker, {
      requests: keys.requests,
      workers: keys.workers,
      totals: keys.totals,
      dead: keys.deadLetters,
      bounds: NO_BOUNDS,
      worker: keys.worker('worker-1'),
      workerId: 'worker-1',
      forget,
      slots: [
        {
          key: slot(0),
          digest: digestOf([Buffer.from('one'), Buffer.from('two')]),
          jobs: [
            { position: 0 },
            {
              position: 1,
              dead: { reason: 'out of deliveries', message: 'twice' },
              reply: { list, text: 'frame', ttl: 60_000 },
            },
          ],
        },
        { key: slot(1), digest: '', jobs: [] },
      ],
    });
  },
});

const retiring = (name: string, isWatched: boolean): ScriptCase => ({
  name: `retiring a worker that is ${name}`,
  prepare: async (look) => {
    const { prefix, keys, slot } = await newQueue(look);
    await look.zadd(keys.workers, 1, 'worker-1');
    await look.hset(keys.worker('worker-1'), 'slots', 2);
    return callOf(prefix, retireWorker, {
      workers: keys.workers,
      totals: keys.totals,
      worker: keys.worker('worker-1'),
      workerId: 'worker-1',
      counts: { done: 3, runMs: 5 },
      slots: isWatched ? [slot(0)] : [slot(1)],
      isWatched: false,
    });
  },
});

/**
 * All scripts that are sent again when their answer is lost. `pushGuardedJob` is not among them: the job that it pushes twice
 * is marked as delivered before, and runs twice with one reply.
 */
const CASES: readonly ScriptCase[] = [
  ...FREEING_CASES,
  recovering('forgotten', true),
  recovering('looked after', false),
  retiring('forgotten', false),
  retiring('watched', true),
  {
    // Its end moves on with the time, which is what renewing it is for.
    name: 'renewing a lease',
    prepare: async (look) => {
      const { prefix, keys } = await newQueue(look);
      return callOf(prefix, renewLease, {
        workers: keys.workers,
        paused: keys.paused,
        worker: keys.worker('worker-1'),
        workerId: 'worker-1',
        lease: 5_000,
        turn: 0,
        description: { slots: 2, connections: '', server: '', host: 'host', pid: 1, started: 1 },
      });
    },
  },
  {
    name: 'pruning expired jobs',
    prepare: async (look) => {
      const { prefix, keys } = await newQueue(look);
      await look.lpush(keys.requests, completeJob(encodeJob('old', '1', {}), 1, 2));
      return callOf(prefix, pruneExpiredJobs, { requests: keys.requests, from: 0 });
    },
  },
  {
    name: 'inspecting a queue',
    prepare: async (look) => {
      const { prefix, keys } = await newQueue(look);
      return callOf(prefix, inspectQueue, { requests: keys.requests, workers: keys.workers });
    },
  },
  {
    // Its time moves on.
    name: 'announcing queues',
    prepare: async (look) => {
      const { prefix } = await newQueue(look);
      return callOf(prefix, announceQueues, {
        registry: `${prefix}registry`,
        queues: ['reports', 'mails'],
      });
    },
  },
  {
    name: 'reading the workers of a queue',
    prepare: async (look) => {
      const { prefix, keys } = await newQueue(look);
      const hashes = [keys.worker('worker-1')];
      return callOf(prefix, readWorkers, { workers: keys.workers, totals: keys.totals, hashes });
    },
  },
  {
    name: 'measuring a list',
    prepare: async (look) => {
      const { prefix, keys } = await newQueue(look);
      return callOf(prefix, measureList, { list: keys.requests });
    },
  },
];

describe.each(useContractServers())('$name', (server) => {
  const run: Run = (operation, input) => server.line.run(operation, input);

  describe.each(CASES)('$name', ({ prepare }) => {
    it('changes nothing when it is repeated', async () => {
      const call = await prepare(server.look);
      await call.run(run);
      const once = await contentsOf(server.look, call.prefix);
      await call.run(run);
      expect(await contentsOf(server.look, call.prefix)).toEqual(once);
    });
  });

  it('pushing values of a stream twice only adds the values twice', async () => {
    const call = await STREAM_CASE.prepare(server.look);
    await call.run(run);
    const once = await contentsOf(server.look, call.prefix);
    await call.run(run);
    const twice = await contentsOf(server.look, call.prefix);
    const list = Object.keys(once).find((key) => key.includes('replies')) ?? '';
    // Their caller tells them by their index.
    expect(twice).toEqual({ ...once, [list]: ['v', 'v'] });
  });
});
