import { expect, it } from 'vitest';
import { Keys } from '../../lib/protocol/keys.js';
import { completeJob, encodeJob } from '../../lib/protocol/wire/job-element.js';
import { encodeHead } from '../../lib/protocol/wire/dead-letter.js';
import { openReqRep } from '../support/open-reqrep.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';

/** `LETTERS=100000` takes so many. */
const LETTERS = Number(process.env['LETTERS'] ?? 20_000);

/** Far more than the fraction of a ms that each takes, and far less than a look at all letters. */
const MOST_MS = 15;

const redis = useRedis();

async function fill(queue: string): Promise<void> {
  const { ids, letters } = new Keys().queue(queue).deadLetters;
  const head = encodeHead({ reason: 'failed', message: 'no', worker: 'worker-1', attempts: 1 });
  let bytes = 0;
  for (let first = 0; first < LETTERS; first += 1_000) {
    const pipeline = redis.look.pipeline();
    for (let number = first; number < first + 1_000; number++) {
      const at = 1_700_000_000_000 + number;
      const job = completeJob(encodeJob(`job-${number}`, `{"number":${number}}`, {}), at);
      const letter = `${head}\n${job}`;
      const id = `${at}-${String(number + 1).padStart(6, '0')}`;
      bytes += letter.length;
      pipeline.zadd(ids, at, id).hset(letters, id, letter);
    }
    await pipeline.exec();
  }
  await redis.look.hset(letters, { bytes, last: LETTERS });
}

/** @returns the median of the times of some calls, ms. */
async function timeOf(call: (turn: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < 25; turn++) {
    const started = performance.now();
    await call(turn);
    times.push(performance.now() - started);
  }
  return times.toSorted((one, other) => one - other)[12] ?? NaN;
}

it('one of many letters is read, retried and removed in constant time', async () => {
  const queue = randomQueue();
  await fill(queue);
  const letters = openReqRep({ connection: redis.url }).admin.deadLetters(queue);
  expect(await letters.count()).toBe(LETTERS);
  const skip = LETTERS / 2;
  const some = await letters.list({ skip, limit: 100 });
  expect(some[0]?.data).toEqual({ number: LETTERS - 1 - skip });
  const idOf = (index: number): string => some[index]?.id ?? '';

  const times = {
    'the newest 50': await timeOf(() => letters.list()),
    '50 from the middle': await timeOf(() => letters.list({ skip })),
    'the oldest 50': await timeOf(() => letters.list({ skip: LETTERS - 50 })),
    'get one': await timeOf((turn) => letters.get(idOf(turn))),
    'retry one': await timeOf((turn) => letters.retry(idOf(turn))),
    'remove one': await timeOf((turn) => letters.remove(idOf(50 + turn))),
    count: await timeOf(() => letters.count()),
  };
  const shown = Object.entries(times).map(([what, ms]) => `${what} ${ms.toFixed(2)} ms`);
  process.stdout.write(`${LETTERS} dead letters: ${shown.join(', ')}\n`);
  expect(Math.max(...Object.values(times))).toBeLessThan(MOST_MS);
  expect(await letters.count()).toBe(LETTERS - 50);
  expect(await redis.look.llen(new Keys().queue(queue).requests)).toBe(25);

  const started = performance.now();
  expect(await letters.retry({ reason: 'failed' })).toBe(LETTERS - 50);
  process.stdout.write(`all retried in ${Math.round(performance.now() - started)} ms\n`);
  expect(await redis.look.llen(new Keys().queue(queue).requests)).toBe(LETTERS - 25);
  expect(await letters.count()).toBe(0);
}, 120_000);

it('of many letters, none is left behind or goes back twice where one admin retries all while another removes some', async () => {
  const queue = randomQueue();
  await fill(queue);
  const [one, other] = [
    openReqRep({ connection: redis.url }),
    openReqRep({ connection: redis.url }),
  ];
  const letters = one.admin.deadLetters(queue);
  // The newest, so that the others move to the front as they are read.
  const newest = (await letters.list({ limit: 1_000 })).map(({ id }) => id);
  const removeNewest = async (): Promise<number> => {
    let removed = 0;
    for (let first = 0; first < newest.length; first += 20) {
      removed += await other.admin.deadLetters(queue).remove(newest.slice(first, first + 20));
    }
    return removed;
  };
  const [retried, removed] = await Promise.all([letters.retry({}), removeNewest()]);
  expect(await letters.count()).toBe(0);
  expect(removed).toBeGreaterThan(0);
  expect(retried + removed).toBe(LETTERS);
  const jobs = await redis.look.lrange(new Keys().queue(queue).requests, 0, -1);
  expect(jobs.length).toBe(retried);
  expect(new Set(jobs.map((job) => (JSON.parse(job) as unknown[])[0])).size).toBe(retried);
}, 120_000);
