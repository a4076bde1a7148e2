import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Traffic } from '../../../lib/redis/connection/traffic.js';
import { Watchdog } from '../../../lib/redis/connection/watchdog.js';

// The clock of Node goes by the fake one here; that of an application's test does not.
vi.mock('node:timers', () => ({
  setInterval: (...args: Parameters<typeof setInterval>) => setInterval(...args),
  clearInterval: (timer: NodeJS.Timeout) => clearInterval(timer),
}));

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const MINUTE = 60_000;

/** A line whose traffic is what the test says, with a watchdog at it. */
function watched() {
  const line = { socket: {}, read: 0, sent: 0, backlog: 0, handedOver: 0 };
  const giveUp = vi.fn<() => void>();
  const watchdog = new Watchdog((): Traffic => ({ ...line }), giveUp);
  return { line, giveUp, watchdog };
}

/** A call that is answered when it is told to. */
function newCall() {
  const answers: ((value: string) => void)[] = [];
  const call = new Promise<string>((resolve) => answers.push(resolve));
  return { call, answer: () => answers.forEach((resolve) => resolve('answer')) };
}

it('hands on what is answered', async () => {
  const { watchdog } = watched();
  expect(await watchdog.watch(Promise.resolve('answer'))).toBe('answer');
  const reason = new Error('refused');
  await expect(watchdog.watch(Promise.reject(reason))).rejects.toBe(reason);
});

it('gives a connection up that answers nothing, later than a blocking call may take', async () => {
  const { watchdog, giveUp } = watched();
  void watchdog.watch(newCall().call);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(giveUp).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(9_000);
  expect(giveUp).toHaveBeenCalledOnce();
});

it('gives a connection up again that goes on answering nothing', async () => {
  const { watchdog, giveUp } = watched();
  void watchdog.watch(newCall().call);
  await vi.advanceTimersByTimeAsync(MINUTE);
  expect(giveUp.mock.calls.length).toBeGreaterThan(1);
});

it('is content with bytes that come, whatever they answer', async () => {
  const { watchdog, giveUp, line } = watched();
  void watchdog.watch(newCall().call);
  for (let waited = 0; waited < MINUTE; waited += 5_000) {
    await vi.advanceTimersByTimeAsync(5_000);
    line.read++;
  }
  expect(giveUp).not.toHaveBeenCalled();
});

it.each<[string, (line: { sent: number; handedOver: number }) => void]>([
  ['have been written', (line) => line.sent++],
  ['are left of one long write', (line) => line.handedOver--],
])('is content while the other end takes what waits for it: more bytes %s', async (_, take) => {
  const { watchdog, giveUp, line } = watched();
  Object.assign(line, { backlog: 60_000_000, handedOver: 60_000_000 });
  void watchdog.watch(newCall().call);
  for (let waited = 0; waited < MINUTE; waited += 5_000) {
    await vi.advanceTimersByTimeAsync(5_000);
    take(line);
  }
  expect(giveUp).not.toHaveBeenCalled();
});

it('is not content with bytes that the operating system takes for nobody', async () => {
  const { watchdog, giveUp, line } = watched();
  void watchdog.watch(newCall().call);
  for (let waited = 0; waited < 15_000; waited += 1_000) {
    await vi.advanceTimersByTimeAsync(1_000);
    line.sent += 100;
  }
  expect(giveUp).toHaveBeenCalled();
});

it('counts anew on another connection', async () => {
  const { watchdog, giveUp, line } = watched();
  void watchdog.watch(newCall().call);
  await vi.advanceTimersByTimeAsync(8_000);
  line.socket = {};
  await vi.advanceTimersByTimeAsync(8_000);
  expect(giveUp).not.toHaveBeenCalled();
});

it('does not mind that nothing is asked', async () => {
  const { watchdog, giveUp } = watched();
  const { call, answer } = newCall();
  const watching = watchdog.watch(call);
  answer();
  await watching;
  await vi.advanceTimersByTimeAsync(MINUTE);
  expect(giveUp).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});

it('watches anew after a pause', async () => {
  const { watchdog, giveUp } = watched();
  await watchdog.watch(Promise.resolve());
  await vi.advanceTimersByTimeAsync(4_000);
  void watchdog.watch(newCall().call);
  await vi.advanceTimersByTimeAsync(9_000);
  expect(giveUp).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(6_000);
  expect(giveUp).toHaveBeenCalledOnce();
});

it('counts a blocked event loop as one look, however long it was', () => {
  const { watchdog, giveUp } = watched();
  void watchdog.watch(newCall().call);
  // The clock goes on, and the timer comes once.
  vi.setSystemTime(Date.now() + 10 * MINUTE);
  vi.advanceTimersToNextTimer();
  expect(giveUp).not.toHaveBeenCalled();
});

it('takes a connection for quiet on which nothing was asked or heard for a while, until something is answered', async () => {
  const { watchdog } = watched();
  await watchdog.watch(Promise.resolve());
  expect(watchdog.isQuiet).toBe(false);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(watchdog.isQuiet).toBe(true);
  const { call, answer } = newCall();
  const watching = watchdog.watch(call);
  expect(watchdog.isQuiet).toBe(true);
  answer();
  await watching;
  expect(watchdog.isQuiet).toBe(false);
});

it('takes none for quiet that is busy, or waits for an answer', async () => {
  const { watchdog, line } = watched();
  const { call, answer } = newCall();
  const watching = watchdog.watch(call);
  await vi.advanceTimersByTimeAsync(9_000);
  expect(watchdog.isQuiet).toBe(false);
  line.read++;
  answer();
  await watching;
  await vi.advanceTimersByTimeAsync(3_000);
  expect(watchdog.isQuiet).toBe(false);
});
