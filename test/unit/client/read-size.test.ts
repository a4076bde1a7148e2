import { expect, it } from 'vitest';
import { ReadSize } from '../../../lib/client/replies/read-size.js';

const MEGABYTE = 1024 * 1024;

it('grows with small frames, and is limited by the size of large ones', () => {
  const size = new ReadSize();
  expect(size.frames).toBe(64);
  size.answered(64, 64 * 100);
  expect(size.frames).toBe(128);
  size.answered(128, 16 * MEGABYTE);
  expect(size.frames).toBe(7);
  size.answered(7, 70 * MEGABYTE);
  expect(size.frames).toBe(1);
});

it('shrinks with each unanswered read, down to one, and then grows slowly', () => {
  const size = new ReadSize();
  const shrunk = Array.from({ length: 5 }, () => {
    size.unanswered();
    return size.frames;
  });
  expect(shrunk).toEqual([16, 4, 1, 1, 1]);
  const grown = Array.from({ length: 5 }, () => {
    size.answered(size.frames, size.frames * 100);
    return size.frames;
  });
  expect(grown).toEqual([2, 3, 4, 5, 7]);
  for (let reads = 0; reads < 50; reads++) {
    size.answered(size.frames, size.frames * 100);
  }
  expect(size.frames).toBe(1_000);
});

it('does not change after an empty read', () => {
  const size = new ReadSize();
  size.unanswered();
  size.answered(0, 0);
  expect(size.frames).toBe(16);
});
