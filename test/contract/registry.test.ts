import { describe, expect, it } from 'vitest';
import { COUNT_FIELDS } from '../../lib/protocol/job-counts.js';
import type { Operation } from '../../lib/driver/operation.js';
import {
  announceQueues,
  MAX_FORGOTTEN_QUEUES,
  MAX_REGISTERED_QUEUES,
  QUEUE_KEPT_MS,
} from '../../lib/protocol/operations/announce-queues.js';
import { listQueues } from '../../lib/protocol/operations/list-queues.js';
import { readWorkers } from '../../lib/protocol/operations/read-workers.js';
import { recoverWorker } from '../../lib/protocol/operations/recover-worker.js';
import { renewLease } from '../../lib/protocol/operations/renew-lease.js';
import { retireWorker } from '../../lib/protocol/operations/retire-worker.js';
import { Keys } from '../../lib/protocol/keys.js';
import { randomQueue } from '../support/random-queue.js';
import { useContractServers } from './support/contract-servers.js';
import { NO_BOUNDS } from '../support/dead-letters.js';

const DAY_MS = 24 * 60 * 60 * 1_000;

describe.each(useContractServers())('$name', (server) => {
  const run = <Input, Output>(operation: Operation<Input, Output>, input: Input): Promise<Output> =>
    server.line.run(operation, input);

  const serverNow = async (): Promise<number> => {
    const [seconds, microseconds] = await server.look.time();
    return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
  };

  describe('the registry of queues', () => {
    const announce = (registry: string, ...queues: string[]) =>
      run(announceQueues, { registry, queues });

    it('names each queue once, with when it was last served', async () => {
      const registry = randomQueue();
      const before = await serverNow();
      await announce(registry, 'reports', 'möils');
      await announce(registry, 'reports');
      const queues = await run(listQueues, registry);
      expect(queues.map(({ queue }) => queue).toSorted()).toEqual(['möils', 'reports']);
      for (const { servedAt } of queues) {
        expect(servedAt).toBeGreaterThanOrEqual(before);
        expect(servedAt).toBeLessThanOrEqual(await serverNow());
      }
    });

    it('is empty where nobody has served anything', async () => {
      expect(await run(listQueues, randomQueue())).toEqual([]);
    });

    it('forgets queues that were not served for long, some at a time', async () => {
      const registry = randomQueue();
      const now = await serverNow();
      const old = Array.from({ length: MAX_FORGOTTEN_QUEUES + 5 }, (_, index) => `old-${index}`);
      const long = now - QUEUE_KEPT_MS - 1;
      await server.look.zadd(registry, ...old.flatMap((name) => [long, name]));
      await server.look.zadd(registry, now - QUEUE_KEPT_MS + DAY_MS, 'seldom');
      await announce(registry, 'reports');
      expect(await server.look.zcard(registry)).toBe(5 + 2);
      await announce(registry, 'reports');
      expect((await run(listQueues, registry)).map(({ queue }) => queue)).toEqual([
        'seldom',
        'reports',
      ]);
    });

    it('is bounded: those that were not served for longest leave it', async () => {
      const registry = randomQueue();
      const now = await serverNow();
      const names = Array.from({ length: MAX_REGISTERED_QUEUES }, (_, index) => [
        now - 20_000 + index,
        `queue-${index}`,
      ]);
      await server.look.zadd(registry, ...names.flat());
      await announce(registry, 'reports', 'mails');
      expect(await server.look.zcard(registry)).toBe(MAX_REGISTERED_QUEUES);
      expect(await server.look.zscore(registry, 'queue-1')).toBeNull();
      expect(await server.look.zscore(registry, 'queue-2')).not.toBeNull();
    });
  });

  describe('the counts of a worker', () => {
    const description = { slots: 1, connections: '', server: '', host: 'a', pid: 1, started: 1 };
    const report = {
      handler: 'W#run',
      version: '1',
      concurrency: 4,
      running: 2,
      paused: 0,
    } as const;

    /** A queue with a worker that has told its counts. */
    async function newWorker(counts: Readonly<Record<string, number>>) {
      const keys = new Keys().queue(randomQueue());
      const known = {
        workers: keys.workers,
        worker: keys.worker('1'),
        totals: keys.totals,
        workerId: '1',
      };
      const renew = () =>
        run(renewLease, {
          ...known,
          paused: keys.paused,
          lease: 6e4,
          description: {
            ...description,
            report: {
              ...report,
              counts,
            },
          },
        });
      await renew();
      return {
        keys,
        renew,
        retire: (now: Readonly<Record<string, number>>, isWatched = false) =>
          run(retireWorker, { ...known, slots: [], isWatched, counts: now }),
        recover: async (forget = true) => {
          await server.look.zadd(keys.workers, 1, '1');
          return run(recoverWorker, {
            ...known,
            requests: keys.requests,
            dead: keys.deadLetters,
            bounds: NO_BOUNDS,
            forget,
            slots: [],
          });
        },
        totals: () => server.look.hgetall(keys.totals),
      };
    }

    it('are in its hash, beside what else it tells', async () => {
      const { keys } = await newWorker({ done: 3, runMs: 70 });
      expect(await server.look.hgetall(keys.worker('1'))).toMatchObject({
        host: 'a',
        handler: 'W#run',
        version: '1',
        concurrency: '4',
        running: '2',
        paused: '0',
        done: '3',
        runMs: '70',
      });
    });

    it('are added to the totals once it retires, the latest of them and only once', async () => {
      const { keys, retire, totals } = await newWorker({ done: 3, failed: 1 });
      expect(await retire({ done: 5, failed: 1, expired: 0 })).toBe(true);
      expect(await totals()).toEqual({ done: '5', failed: '1' });
      await retire({ done: 5, failed: 1 });
      expect(await totals()).toEqual({ done: '5', failed: '1' });
      expect(await server.look.pttl(keys.totals)).toBeGreaterThan(80 * DAY_MS);
    });

    it('are added to the totals once it is recovered and forgotten, those that it has told', async () => {
      const { recover, totals } = await newWorker({ done: 3, wait10: 2, runMs: 9 });
      expect((await recover(false)).outcome).toBe('recovered');
      expect(await totals()).toEqual({});
      expect((await recover()).outcome).toBe('recovered');
      expect(await totals()).toEqual({ done: '3', runMs: '9' });
      expect((await recover()).outcome).toBe('recovered');
      expect(await totals()).toEqual({ done: '3', runMs: '9' });
    });

    it('are left to those who look after it, where its slots may hold jobs', async () => {
      const { retire, recover, totals } = await newWorker({ done: 3 });
      expect(await retire({ done: 4 }, true)).toBe(false);
      expect(await totals()).toEqual({});
      await recover();
      expect(await totals()).toEqual({ done: '4' });
    });

    it('are added to those of others', async () => {
      const { retire, renew, totals } = await newWorker({ done: 3 });
      await retire({ done: 3, cancelled: 2 });
      await renew();
      await retire({ done: 4 });
      expect(await totals()).toEqual({ done: '7', cancelled: '2' });
    });

    it('are not added where they cannot be true, and nothing keeps a lease from ending', async () => {
      const { keys, retire, totals } = await newWorker({ done: 3 });
      for (const [field, value] of [
        ['done', '-1'],
        ['failed', 'x'],
        ['expired', '9'.repeat(99)],
      ] as const) {
        await server.look.hset(keys.worker('1'), field, value);
      }
      await retire({});
      expect(await totals()).toEqual({});
      const spoilt = await newWorker({ done: 3 });
      await server.look.set(spoilt.keys.totals, 'odd');
      expect(await spoilt.retire({ done: 3 })).toBe(true);
      expect(await server.look.exists(spoilt.keys.workers)).toBe(0);
    });

    it('are read with the totals and all leases at one moment', async () => {
      const one = await newWorker({ done: 3, run10: 1 });
      await server.look.hset(one.keys.totals, 'done', 7);
      await server.look.zadd(one.keys.workers, 5, 'lapsed');
      const { workers, totals } = one.keys;
      const hashes = [one.keys.worker('1'), one.keys.worker('lapsed')];
      const found = await run(readWorkers, { workers, totals, hashes });
      expect(found.leases.map(({ workerId }) => workerId)).toEqual(['lapsed', '1']);
      expect(found.leases[0]?.expiry).toBe(5);
      expect(found.totals['done']).toBe(7);
      expect(Object.keys(found.totals)).toEqual(COUNT_FIELDS);
      expect(found.workers.map(({ fields }) => fields.handler)).toEqual(['W#run', '']);
      expect(found.workers.map(({ counts }) => counts['done'])).toEqual([3, 0]);
    });

    it('whether its queue is paused for all is told with each renewal', async () => {
      const { keys, renew } = await newWorker({});
      expect((await renew()).isPaused).toBe(false);
      await server.look.set(keys.paused, '1');
      expect((await renew()).isPaused).toBe(true);
    });
  });
});
