import { expect, it } from 'vitest';
import { Backoff } from '../../../lib/driver/backoff.js';

const waits = (backoff: Backoff, longestMs?: number): number[] =>
  Array.from({ length: 7 }, () => backoff.next(longestMs));

it('doubles each wait up to the longest, and begins anew after a success', () => {
  const backoff = new Backoff();
  expect(waits(backoff)).toEqual([50, 100, 200, 400, 800, 1_000, 1_000]);
  backoff.reset();
  expect(waits(backoff, 300)).toEqual([50, 100, 200, 300, 300, 300, 300]);
  expect(backoff.next(5_000)).toBe(600);
});

it('begins with the wait that it is given', () => {
  expect(waits(new Backoff(20), 100)).toEqual([20, 40, 80, 100, 100, 100, 100]);
});
