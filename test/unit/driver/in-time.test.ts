import { expect, it } from 'vitest';
import { endsWithin, resultWithin } from '../../../lib/driver/in-time.js';
import { systemRuntime } from '../../../lib/driver/system-runtime.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';

/** A time that passes at once, and one longer than any test, ms. */
const [SHORT, LONG] = [5, 60_000];

const timers = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

it('tells whether work ended in time', async () => {
  expect(await endsWithin(LONG, Promise.resolve(), systemRuntime)).toBe(true);
  expect(await endsWithin(SHORT, new Promise(() => undefined), systemRuntime)).toBe(false);
});

it('returns the result of work in time, else the given one', async () => {
  expect(await resultWithin(LONG, Promise.resolve(7), 'late', systemRuntime)).toBe(7);
  expect(await resultWithin(SHORT, new Promise(() => undefined), 'late', systemRuntime)).toBe(
    'late',
  );
});

it('rejects if the work fails in time, and ignores a later failure', async () => {
  await expect(endsWithin(LONG, Promise.reject(new Error('wrong')), systemRuntime)).rejects.toThrow(
    'wrong',
  );
  let fail = (): void => undefined;
  const work = new Promise((_, reject) => {
    fail = () => reject(new Error('late'));
  });
  expect(await endsWithin(SHORT, work, systemRuntime)).toBe(false);
  // An unhandled rejection would fail the test.
  fail();
});

it('leaves no timer behind', async () => {
  const before = timers();
  await endsWithin(LONG, Promise.resolve(), systemRuntime);
  await endsWithin(LONG, Promise.reject(new Error('wrong')), systemRuntime).catch(() => undefined);
  expect(timers()).toBeLessThanOrEqual(before);
});

it('keeps the process alive, unless told otherwise', async () => {
  const runtime = new VirtualRuntime();
  const never = new Promise(() => undefined);
  void endsWithin(LONG, never, runtime, { ref: false });
  expect([runtime.pending, runtime.holding]).toEqual([1, 0]);
  void endsWithin(LONG, never, runtime);
  expect([runtime.pending, runtime.holding]).toEqual([2, 1]);
});
