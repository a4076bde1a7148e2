import { expect, it } from 'vitest';
import { Backoff } from '../../../lib/driver/backoff.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';

const waits = (backoff: Backoff, longestMs?: number): number[] =>
  Array.from({ length: 7 }, () => backoff.next(longestMs));

it('doubles each wait up to the longest, and starts again after a success', () => {
  const backoff = new Backoff(new VirtualRuntime());
  expect(waits(backoff)).toEqual([50, 100, 200, 400, 800, 1_000, 1_000]);
  backoff.reset();
  expect(waits(backoff, 300)).toEqual([50, 100, 200, 300, 300, 300, 300]);
  expect(backoff.next(5_000)).toBe(600);
});

it('waits for the given time', async () => {
  const runtime = new VirtualRuntime();
  const backoff = new Backoff(runtime);
  const waited: string[] = [];
  void backoff
    .wait()
    .then(() => backoff.wait())
    .then(() => waited.push('150 ms'));
  await runtime.advanceAsync(149);
  expect(waited).toEqual([]);
  await runtime.advanceAsync(1);
  expect(waited).toEqual(['150 ms']);
});

it('starts with the given wait', () => {
  expect(waits(new Backoff(new VirtualRuntime(), 20), 100)).toEqual([
    20, 40, 80, 100, 100, 100, 100,
  ]);
});
