import { expect, it } from 'vitest';
import { ReadSize } from '../../../lib/driver/read-size.js';

const MEGABYTE = 1024 * 1024;

it('grows with small entries, and is limited by the size of large ones', () => {
  const size = new ReadSize();
  expect(size.entries).toBe(64);
  size.answered(64, 64 * 100);
  expect(size.entries).toBe(128);
  size.answered(128, 16 * MEGABYTE);
  expect(size.entries).toBe(7);
  size.answered(7, 70 * MEGABYTE);
  expect(size.entries).toBe(1);
});

it('shrinks with each unanswered read, down to one, and then grows slowly', () => {
  const size = new ReadSize();
  const shrunk = Array.from({ length: 5 }, () => {
    size.unanswered();
    return size.entries;
  });
  expect(shrunk).toEqual([16, 4, 1, 1, 1]);
  const grown = Array.from({ length: 5 }, () => {
    size.answered(size.entries, size.entries * 100);
    return size.entries;
  });
  expect(grown).toEqual([2, 3, 4, 5, 7]);
  for (let reads = 0; reads < 50; reads++) {
    size.answered(size.entries, size.entries * 100);
  }
  expect(size.entries).toBe(1_000);
});

it('does not change after an empty read', () => {
  const size = new ReadSize();
  size.unanswered();
  size.answered(0, 0);
  expect(size.entries).toBe(16);
});
