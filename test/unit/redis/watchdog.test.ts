import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Watchdog } from '../../../lib/redis/watchdog.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const MINUTE = 60_000;

/** A call that is answered when it is told to. */
function newCall() {
  const answers: ((value: string) => void)[] = [];
  const call = new Promise<string>((resolve) => answers.push(resolve));
  return { call, answer: () => answers.forEach((resolve) => resolve('answer')) };
}

it('hands on what is answered', async () => {
  const watchdog = new Watchdog(() => undefined);
  expect(await watchdog.watch(Promise.resolve('answer'))).toBe('answer');
  const reason = new Error('refused');
  await expect(watchdog.watch(Promise.reject(reason))).rejects.toBe(reason);
});

it('gives a connection up that answers nothing, later than a blocking call may take', async () => {
  const giveUp = vi.fn<() => void>();
  void new Watchdog(giveUp).watch(newCall().call);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(giveUp).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(9_000);
  expect(giveUp).toHaveBeenCalledOnce();
});

it('gives a connection up again that goes on answering nothing', async () => {
  const giveUp = vi.fn<() => void>();
  void new Watchdog(giveUp).watch(newCall().call);
  await vi.advanceTimersByTimeAsync(MINUTE);
  expect(giveUp.mock.calls.length).toBeGreaterThan(1);
});

it('is content with any answer while others are awaited', async () => {
  const giveUp = vi.fn<() => void>();
  const watchdog = new Watchdog(giveUp);
  void watchdog.watch(newCall().call);
  for (let waited = 0; waited < MINUTE; waited += 5_000) {
    await vi.advanceTimersByTimeAsync(5_000);
    await watchdog.watch(Promise.resolve());
  }
  expect(giveUp).not.toHaveBeenCalled();
});

it('is content with an error as an answer', async () => {
  const giveUp = vi.fn<() => void>();
  const watchdog = new Watchdog(giveUp);
  void watchdog.watch(newCall().call);
  for (let waited = 0; waited < MINUTE; waited += 5_000) {
    await vi.advanceTimersByTimeAsync(5_000);
    await watchdog.watch(Promise.reject(new Error('refused'))).catch(() => undefined);
  }
  expect(giveUp).not.toHaveBeenCalled();
});

it('does not mind that nothing is asked', async () => {
  const giveUp = vi.fn<() => void>();
  const { call, answer } = newCall();
  const watched = new Watchdog(giveUp).watch(call);
  answer();
  await watched;
  await vi.advanceTimersByTimeAsync(MINUTE);
  expect(giveUp).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});

it('watches anew after a pause', async () => {
  const giveUp = vi.fn<() => void>();
  const watchdog = new Watchdog(giveUp);
  await watchdog.watch(Promise.resolve());
  await vi.advanceTimersByTimeAsync(MINUTE);
  void watchdog.watch(newCall().call);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(giveUp).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(9_000);
  expect(giveUp).toHaveBeenCalledOnce();
});

it('counts a blocked event loop as one look, however long it was', () => {
  const giveUp = vi.fn<() => void>();
  void new Watchdog(giveUp).watch(newCall().call);
  // The clock goes on, and the timer comes once.
  vi.setSystemTime(Date.now() + 10 * MINUTE);
  vi.advanceTimersToNextTimer();
  expect(giveUp).not.toHaveBeenCalled();
});
