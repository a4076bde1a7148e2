import { afterEach, expect, it, vi } from 'vitest';
import { nextTurn } from '../../../lib/driver/runtime.js';
import { followingRuntime } from '../../../lib/memory/following-runtime.js';

afterEach(() => {
  vi.useRealTimers();
});

it('moves with the clock of a test', () => {
  const before = followingRuntime.now();
  vi.useFakeTimers();
  const start = followingRuntime.now();
  expect(start - before).toBeLessThan(1_000);
  vi.advanceTimersByTime(3_600_000);
  expect(followingRuntime.now() - start).toBe(3_600_000);
});

it('never goes back, and goes on from where it was', () => {
  vi.useFakeTimers();
  vi.advanceTimersByTime(3_600_000);
  const ahead = followingRuntime.now();
  vi.useRealTimers();
  expect(followingRuntime.now()).toBeGreaterThanOrEqual(ahead);
  vi.useFakeTimers({ now: 0 });
  const start = followingRuntime.now();
  expect(start).toBeGreaterThanOrEqual(ahead);
  vi.advanceTimersByTime(10);
  expect(followingRuntime.now() - start).toBe(10);
});

it('has the timers of a test', () => {
  vi.useFakeTimers();
  const [once, often, never] = [vi.fn(), vi.fn(), vi.fn()];
  followingRuntime.setTimeout(once, 1_000);
  const interval = followingRuntime.setInterval(often, 400);
  followingRuntime.clear(followingRuntime.setTimeout(never, 500));
  vi.advanceTimersByTime(1_000);
  followingRuntime.clear(interval);
  vi.advanceTimersByTime(1_000);
  expect([once, often, never].map((spy) => spy.mock.calls.length)).toEqual([1, 2, 0]);
});

it('moves a timer that began before the clock of a test', () => {
  const [once, often] = [vi.fn(), vi.fn()];
  followingRuntime.setTimeout(once, 3_600_000);
  const interval = followingRuntime.setInterval(often, 1_800_000);
  vi.useFakeTimers();
  followingRuntime.now();
  vi.advanceTimersByTime(3_600_000);
  followingRuntime.clear(interval);
  expect([once, often].map((spy) => spy.mock.calls.length)).toEqual([1, 2]);
});

it('goes on with a timer when the clock of a test is gone', async () => {
  vi.useFakeTimers();
  const fired = new Promise<void>((resolve) => followingRuntime.setTimeout(resolve, 3_600_010));
  const never = vi.fn();
  followingRuntime.clear(followingRuntime.setTimeout(never, 3_600_000));
  vi.advanceTimersByTime(3_600_000);
  followingRuntime.now();
  vi.useRealTimers();
  followingRuntime.now();
  await fired;
  expect(never).not.toHaveBeenCalled();
});

it('begins a timer anew', () => {
  vi.useFakeTimers();
  const callback = vi.fn();
  const timer = followingRuntime.setTimeout(callback, 1_000);
  vi.advanceTimersByTime(900);
  timer.refresh();
  vi.advanceTimersByTime(900);
  expect(callback).not.toHaveBeenCalled();
  vi.advanceTimersByTime(100);
  expect(callback).toHaveBeenCalledOnce();
});

it('ends a timer by whoever made it', () => {
  vi.useFakeTimers();
  const callback = vi.fn();
  const timer = followingRuntime.setTimeout(callback, 1_000);
  const { advanceTimersByTime } = vi;
  const clear = vi.spyOn(globalThis, 'clearTimeout').mockImplementation(() => undefined);
  followingRuntime.clear(timer);
  clear.mockRestore();
  advanceTimersByTime(2_000);
  expect(callback).not.toHaveBeenCalled();
});

it('keeps its immediates', async () => {
  vi.useFakeTimers();
  await nextTurn(followingRuntime);
});
