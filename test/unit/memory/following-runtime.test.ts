import { afterEach, expect, it, vi } from 'vitest';
import { nextTurn } from '../../../lib/driver/runtime.js';
import { followingRuntime } from '../../../lib/memory/following-runtime.js';

afterEach(() => {
  vi.useRealTimers();
});

it('follows the fake clock of a test', () => {
  const before = followingRuntime.now();
  vi.useFakeTimers();
  const start = followingRuntime.now();
  expect(start - before).toBeLessThan(1_000);
  vi.advanceTimersByTime(3_600_000);
  expect(followingRuntime.now() - start).toBe(3_600_000);
});

it('never goes back, and continues from its last value', () => {
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

it('uses the fake timers of a test', () => {
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

it('moves a timer that started before the fake clock', () => {
  const [once, often] = [vi.fn(), vi.fn()];
  followingRuntime.setTimeout(once, 3_600_000);
  const interval = followingRuntime.setInterval(often, 1_800_000);
  vi.useFakeTimers();
  followingRuntime.now();
  vi.advanceTimersByTime(3_600_000);
  followingRuntime.clear(interval);
  expect([once, often].map((spy) => spy.mock.calls.length)).toEqual([1, 2]);
});

it('continues a timer after the fake clock was removed', async () => {
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

it('restarts a timer', () => {
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

it('clears a timer by the implementation that created it', () => {
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

it('keeps the immediates of Node', async () => {
  vi.useFakeTimers();
  await nextTurn(followingRuntime);
});
