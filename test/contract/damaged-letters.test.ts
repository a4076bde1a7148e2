import { describe, expect, it } from 'vitest';
import {
  countDeadLetters,
  readDeadIds,
  removeDeadLetters,
  retryDeadLetter,
} from '../../lib/protocol/operations/dead-letters.js';
import { MAX_DROPPED } from '../../lib/protocol/operations/lua-letters.js';
import { moveToDeadLetters } from '../../lib/protocol/operations/move-to-dead-letters.js';
import { recoverWorker } from '../../lib/protocol/operations/recover-worker.js';
import { Keys } from '../../lib/protocol/keys.js';
import { digestOf } from '../../lib/worker/liveness/slot-parts.js';
import { NO_BOUNDS } from '../support/dead-letters.js';
import { randomQueue } from '../support/random-queue.js';
import { waitFor } from '../support/wait-for.js';
import { useContractServers } from './support/contract-servers.js';

const death = { reason: 'failed', message: 'no', workerId: 'worker' } as const;

describe.each(useContractServers())('$name', (server) => {
  /** The dead letters of a queue of its own. */
  const letters = () => {
    const keys = new Keys('').queue(randomQueue());
    const { deadLetters: dead } = keys;
    const slot = keys.active('worker', 0);
    const bury = async (
      job: string,
      bounds = NO_BOUNDS,
      reply?: { list: string; text: string; ttl: number },
    ) => {
      await server.look.rpush(slot, job);
      const place = { key: slot, position: 0 };
      return server.line.run(moveToDeadLetters, { place, dead, bounds, reply, ...death });
    };
    /** Counts that begin anew make ids of a later time, as they do wherever they are not lost and found in one millisecond. */
    const nextMillisecond = async (): Promise<void> => {
      const time = async () =>
        (await server.look.time()).map((part) => Math.floor(Number(part) / 1_000));
      const before = String(await time());
      await waitFor(async () => String(await time()) !== before);
    };
    const ids = () => server.line.run(readDeadIds, { dead, first: 0, last: 10_000 });
    const fields = () => server.look.hgetall(dead.letters);
    return { keys, dead, slot, bury, ids, fields, nextMillisecond };
  };

  it('letters whose texts are gone, as after an eviction, leave like others, and their caller is told', async () => {
    const { keys, dead, bury, ids, fields, nextMillisecond } = letters();
    for (const job of ['one', 'two', 'three']) {
      await bury(job);
    }
    await server.look.del(dead.letters);
    await nextMillisecond();
    const list = `${keys.requests}-replies`;
    const bounds = { ...NO_BOUNDS, maxDead: 3 };
    const reply = { list, text: 'frame', ttl: 60_000 };
    expect(await bury('four', bounds, reply)).toEqual({ outcome: 'moved', dropped: 1 });
    expect(await server.look.lrange(list, 0, -1)).toEqual(['frame']);
    const [newest = '', ...gone] = await ids();
    expect(await server.line.run(removeDeadLetters, { dead, ids: gone })).toBe(2);
    expect(await ids()).toEqual([newest]);
    expect((await fields())['bytes']).toBe(String((await fields())[newest]?.length));
  });

  it('numbers that somebody has overwritten begin anew: no job is buried twice', async () => {
    const { dead, bury, ids, nextMillisecond } = letters();
    await bury('one');
    for (const [field, value] of [
      ['bytes', 'x'],
      ['bytes', '9'.repeat(30)],
      ['last', ''],
      ['last', '1.5'],
    ] as const) {
      await server.look.hset(dead.letters, field, value);
      const before = (await ids()).length;
      await nextMillisecond();
      expect(await bury('again', { ...NO_BOUNDS, maxDead: 100 })).toMatchObject({
        outcome: 'moved',
      });
      expect((await ids()).length).toBe(before + 1);
    }
    expect(await server.line.run(removeDeadLetters, { dead, ids: await ids() })).toBe(5);
    expect(await server.look.exists(dead.letters)).toBe(0);
  });

  it('the bytes are those of all letters, whatever is done to them', async () => {
    const { keys, dead, bury, ids, fields } = letters();
    const { requests } = keys;
    for (let step = 0; step < 120; step++) {
      const job = ['"é\u0000\n', 'x'.repeat((step * 37) % 200), '[1,2,{}]'][step % 3] ?? '';
      await bury(job || 'empty', {
        maxDead: 1 + (step % 9),
        maxDeadBytes: 1 + ((step * 211) % 900),
      });
      const [id = ''] = (await ids()).slice(step % 4);
      if (step % 5 === 1) {
        await server.line.run(retryDeadLetter, { dead, requests, id: id || 'none', element: job });
      } else if (step % 5 === 3) {
        await server.line.run(removeDeadLetters, { dead, ids: [id || 'none', 'bytes', 'last'] });
      }
      const { bytes = '0', last: _last, ...texts } = await fields();
      const lengths = Object.values(texts).map((text) => Buffer.byteLength(text));
      expect(Number(bytes)).toBe(lengths.reduce((sum, length) => sum + length, 0));
      expect(Object.keys(texts).length).toBe(await server.line.run(countDeadLetters, dead));
    }
  });

  it('a recovery of many jobs drops no more letters than one burial', async () => {
    const { keys, dead, slot, ids } = letters();
    const old = Array.from({ length: MAX_DROPPED + 500 }, (_, index) => [index, `1-${index}`]);
    await server.look.zadd(dead.ids, ...old.flat());
    await server.look.hset(dead.letters, 'bytes', 0);
    const jobs = ['one', 'two', 'three'];
    await server.look.rpush(slot, ...jobs);
    await server.look.zadd(keys.workers, 1, 'worker');
    const recovered = await server.line.run(recoverWorker, {
      requests: keys.requests,
      workers: keys.workers,
      totals: keys.totals,
      dead,
      bounds: { ...NO_BOUNDS, maxDead: 2 },
      worker: keys.worker('worker'),
      workerId: 'worker',
      forget: false,
      slots: [
        {
          key: slot,
          digest: digestOf(jobs.map((job) => Buffer.from(job))),
          jobs: jobs.map((_, position) => ({ position, dead: death })),
        },
      ],
    });
    expect(recovered).toEqual({ outcome: 'recovered', dropped: MAX_DROPPED });
    expect((await ids()).length).toBe(500 + jobs.length);
  });
});
