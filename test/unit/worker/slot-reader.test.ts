import { expect, it } from 'vitest';
import type { Line } from '../../../lib/driver/line.js';
import type { ListRange, readList } from '../../../lib/protocol/operations/lists.js';
import { SlotReader } from '../../../lib/worker/taking/slot-reader.js';
import { Slot } from '../../../lib/worker/taking/slots.js';

/** A connection to a server that holds these jobs, and does not answer where more than `most` characters are asked for. */
function connectionTo(jobs: readonly string[], most = Infinity) {
  const reads: [first: number, count: number][] = [];
  const connection = {
    run: async (_read: typeof readList, { first, last }: ListRange): Promise<string[]> => {
      const part = jobs.slice(first, last + 1);
      reads.push([first, last - first + 1]);
      if (part.join('').length > most) {
        throw new Error('Connection is closed.');
      }
      return part;
    },
  } as unknown as Line;
  return { connection, reads };
}

const newReading = (most: number): SlotReader =>
  new SlotReader({ slot: new Slot(0, 'slot'), most, isLong: false });

const MEGABYTE = 1024 * 1024;

it('a slot is read in parts, and short jobs in few parts', async () => {
  const jobs = Array.from({ length: 500 }, (_, index) => `job-${index}`);
  const { connection, reads } = connectionTo(jobs);
  expect(await newReading(500).read(connection)).toEqual(jobs);
  expect(reads.map(([, count]) => count)).toEqual([8, 16, 32, 64, 128, 256]);
});

it.each([0, 1, 3, 8, 9])('a slot with %i jobs is read', async (count) => {
  const jobs = Array.from({ length: count }, (_, index) => `job-${index}`);
  const { connection } = connectionTo(jobs);
  expect(await newReading(20).read(connection)).toEqual(jobs);
});

it('a take of one job needs one read', async () => {
  const { connection, reads } = connectionTo(['job']);
  expect(await newReading(1).read(connection)).toEqual(['job']);
  expect(reads).toEqual([[0, 2]]);
});

it.each([
  ['more jobs than the take', ['older', 'other'], [' older', ' other']],
  ['places of settled jobs', ['', ' older'], ['', '  older']],
])(
  'jobs of before, on a server that lacks the last writes, are read as delivered once more: %s',
  async (_, jobs, found) => {
    const { connection } = connectionTo(jobs);
    expect(await newReading(1).read(connection)).toEqual(found);
  },
);

it('no more long jobs are read at once than fit into a part', async () => {
  const jobs = Array.from({ length: 20 }, () => 'x'.repeat(MEGABYTE / 4));
  const { connection, reads } = connectionTo(jobs);
  expect(await newReading(20).read(connection)).toEqual(jobs);
  expect(reads.slice(1).every(([, count]) => count <= 4)).toBe(true);
});

it('after a part without an answer, fewer jobs are read at once, down to one, and none twice', async () => {
  const jobs = ['short', ...Array.from({ length: 12 }, () => 'x'.repeat(1_000))];
  const { connection, reads } = connectionTo(jobs, 1_500);
  const reading = newReading(jobs.length);
  let found: readonly string[] | undefined;
  for (let tries = 0; !found && tries < 50; tries++) {
    found = await reading.read(connection).catch(() => undefined);
  }
  expect(found).toEqual(jobs);
  const firsts = reads.map(([first]) => first);
  expect(firsts).toEqual(firsts.toSorted((one, other) => one - other));
  const ones = jobs.slice(2).map(() => 1);
  expect(reads.map(([, count]) => count)).toEqual([8, 4, 2, 2, ...ones, 1]);
});
