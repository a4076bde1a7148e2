import { expect, it } from 'vitest';
import { Prefetch } from '../../../lib/worker/taking/prefetch.js';

function after(concurrency: number, ...durations: number[]): number {
  const prefetch = new Prefetch(concurrency);
  for (const duration of durations) {
    prefetch.runTook(duration);
  }
  return prefetch.limit;
}

const often = (duration: number): number[] => Array.from({ length: 200 }, () => duration);

it('a worker holds as many jobs as may run before the first run has ended', () => {
  expect([after(16), after(1), after(500)]).toEqual([16, 1, 500]);
  expect(after(16, 0.01)).toBe(16);
});

it('a worker with a slow handler holds no more jobs than may run', () => {
  expect(after(16, ...often(5))).toBe(16);
  expect(after(16, ...often(1_000))).toBe(16);
});

it('a worker holds more jobs the quicker the handler is, up to a limit', () => {
  expect(Math.abs(after(16, ...often(2)) - 40)).toBeLessThan(2);
  expect(Math.abs(after(1, ...often(1)) - 5)).toBeLessThan(2);
  expect(after(16, ...often(0.01))).toBe(128);
  expect(after(1, ...often(0))).toBe(128);
});

it('a worker whose handler has become slow holds as many jobs as may run again', () => {
  expect(after(16, ...often(0.01), ...often(100))).toBe(16);
  const prefetch = new Prefetch(16);
  often(0.01).forEach((duration) => prefetch.runTook(duration));
  prefetch.forget();
  expect(prefetch.limit).toBe(16);
});
