import { expect, it } from 'vitest';
import { ShardCalls } from '../../../lib/admin/shard-calls.js';
import { WaitingJobReader } from '../../../lib/admin/waiting-job-reader.js';
import { singleShard } from '../../../lib/driver/shard.js';
import { Keys } from '../../../lib/protocol/keys.js';
import { listLength, readList, type ListRange } from '../../../lib/protocol/operations/lists.js';
import { FakeDriver } from '../../support/fake-driver.js';

const jobOf = (id: string | number, data = ''): string => JSON.stringify([id, data]);

/** A reader of a list that changes with each reading. */
function readerOf(list: string[], change: () => void = () => undefined) {
  const driver = new FakeDriver();
  const shards = singleShard(driver, new Keys(''));
  const { commands: line } = driver;
  line.always(listLength, () => list.length);
  line.always(readList, ({ first, last }: ListRange) => {
    const part = list.slice(first, last === -1 ? undefined : last + 1);
    change();
    return part;
  });
  return { line, reader: new WaitingJobReader(shards, new ShardCalls(shards)) };
}

const jobs = (count: number): string[] => Array.from({ length: count }, (_, id) => jobOf(id));

it.each([
  ['nothing', 0],
  ['a few', 3],
  ['as many as are read', 8],
])('finds the first job while others push %s with each reading', async (_, count) => {
  const list = jobs(2_000);
  const { reader } = readerOf(list, () => list.push(...Array(count).fill(jobOf('new'))));
  expect(await reader.find('q', 0)).toMatchObject({ job: { id: 0, position: 0 } });
});

it('finds a job while workers take others', async () => {
  const list = jobs(2_000);
  const { reader } = readerOf(list, () => list.splice(0, 10));
  expect(await reader.find('q', 1_000)).toMatchObject({ job: { id: 1_000 } });
});

it('tells the position of a job', async () => {
  const { reader } = readerOf(jobs(1_000));
  for (const id of [0, 1, 500, 998, 999]) {
    expect((await reader.find('q', id))?.job.position).toBe(id);
  }
});

it('a job that does not wait is not found', async () => {
  for (const count of [0, 1, 7, 8, 9, 1_000]) {
    expect(await readerOf(jobs(count)).reader.find('q', 'x')).toBeUndefined();
  }
});

it('reads a few long jobs at a time, and many short ones', async () => {
  const sizesOf = async (data: string): Promise<number[]> => {
    const { line, reader } = readerOf(Array(300).fill(jobOf('a', data)));
    await reader.find('q', 'x');
    return line.inputsOf(readList).map(({ first, last }) => last - first + 1);
  };
  expect(Math.max(...(await sizesOf('x'.repeat(500_000))))).toBe(8);
  expect((await sizesOf('x'.repeat(500_000)))[1]).toBe(2);
  expect(await sizesOf('x')).toEqual([8, 16, 32, 64, 128, 256]);
});
