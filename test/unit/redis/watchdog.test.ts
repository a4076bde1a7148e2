import { expect, it, vi } from 'vitest';
import type { Traffic } from '../../../lib/redis/connection/traffic.js';
import { Watchdog } from '../../../lib/redis/connection/watchdog.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';

const MINUTE = 60_000;

/** A watchdog on a line whose traffic the test sets. */
function watched() {
  const line = { socket: {}, bytesRead: 0, bytesSent: 0, bytesWaiting: 0, bytesInSystem: 0 };
  const runtime = new VirtualRuntime();
  const giveUp = vi.fn<() => void>();
  const late: boolean[] = [];
  const watchdog: Watchdog = new Watchdog(runtime, (): Traffic => ({ ...line }), {
    onSilent: giveUp,
    onLate: () => late.push(watchdog.isLate),
  });
  return { runtime, line, giveUp, late, watchdog };
}

/** A call that the test answers. */
function newCall() {
  const answers: ((value: string) => void)[] = [];
  const call = new Promise<string>((resolve) => answers.push(resolve));
  return { call, answer: () => answers.forEach((resolve) => resolve('answer')) };
}

it('returns the answer', async () => {
  const { watchdog } = watched();
  expect(await watchdog.watch(Promise.resolve('answer'))).toBe('answer');
  const reason = new Error('refused');
  await expect(watchdog.watch(Promise.reject(reason))).rejects.toBe(reason);
});

it('gives up a connection without answers, later than a blocking call may take', async () => {
  const { runtime, watchdog, giveUp } = watched();
  void watchdog.watch(newCall().call);
  await runtime.advanceAsync(6_000);
  expect(giveUp).not.toHaveBeenCalled();
  await runtime.advanceAsync(9_000);
  expect(giveUp).toHaveBeenCalledOnce();
});

it('gives up again if the next connection has no answers either', async () => {
  const { runtime, watchdog, giveUp } = watched();
  void watchdog.watch(newCall().call);
  await runtime.advanceAsync(MINUTE);
  expect(giveUp.mock.calls.length).toBeGreaterThan(1);
});

it('accepts any received bytes as a sign of life', async () => {
  const { runtime, watchdog, giveUp, line } = watched();
  void watchdog.watch(newCall().call);
  for (let waited = 0; waited < MINUTE; waited += 5_000) {
    await runtime.advanceAsync(5_000);
    line.bytesRead++;
  }
  expect(giveUp).not.toHaveBeenCalled();
});

it.each<[string, (line: { bytesSent: number; bytesInSystem: number }) => void]>([
  ['have been written', (line) => line.bytesSent++],
  ['are left of one long write', (line) => line.bytesInSystem--],
])('accepts waiting bytes that the other end takes: more bytes %s', async (_, take) => {
  const { runtime, watchdog, giveUp, line } = watched();
  Object.assign(line, { bytesWaiting: 60_000_000, bytesInSystem: 60_000_000 });
  void watchdog.watch(newCall().call);
  for (let waited = 0; waited < MINUTE; waited += 5_000) {
    await runtime.advanceAsync(5_000);
    take(line);
  }
  expect(giveUp).not.toHaveBeenCalled();
});

it('does not accept bytes that only the operating system has taken', async () => {
  const { runtime, watchdog, giveUp, line } = watched();
  void watchdog.watch(newCall().call);
  for (let waited = 0; waited < 15_000; waited += 1_000) {
    await runtime.advanceAsync(1_000);
    line.bytesSent += 100;
  }
  expect(giveUp).toHaveBeenCalled();
});

it('starts the count again on another connection', async () => {
  const { runtime, watchdog, giveUp, line } = watched();
  void watchdog.watch(newCall().call);
  await runtime.advanceAsync(8_000);
  line.socket = {};
  await runtime.advanceAsync(8_000);
  expect(giveUp).not.toHaveBeenCalled();
});

it('ignores silence without a pending answer', async () => {
  const { runtime, watchdog, giveUp } = watched();
  const { call, answer } = newCall();
  const watching = watchdog.watch(call);
  answer();
  await watching;
  await runtime.advanceAsync(MINUTE);
  expect(giveUp).not.toHaveBeenCalled();
  expect(runtime.pending).toBe(0);
});

it('watches again after a pause', async () => {
  const { runtime, watchdog, giveUp } = watched();
  await watchdog.watch(Promise.resolve());
  await runtime.advanceAsync(4_000);
  void watchdog.watch(newCall().call);
  await runtime.advanceAsync(9_000);
  expect(giveUp).not.toHaveBeenCalled();
  await runtime.advanceAsync(6_000);
  expect(giveUp).toHaveBeenCalledOnce();
});

it('counts a blocked event loop as one check, however long it was', () => {
  const { runtime, watchdog, giveUp } = watched();
  void watchdog.watch(newCall().call);
  runtime.block(10 * MINUTE);
  expect(giveUp).not.toHaveBeenCalled();
});

it('marks a connection as quiet after a while without traffic, until an answer', async () => {
  const { runtime, watchdog } = watched();
  await watchdog.watch(Promise.resolve());
  expect(watchdog.isQuiet).toBe(false);
  await runtime.advanceAsync(10_000);
  expect(watchdog.isQuiet).toBe(true);
  const { call, answer } = newCall();
  const watching = watchdog.watch(call);
  expect(watchdog.isQuiet).toBe(true);
  answer();
  await watching;
  expect(watchdog.isQuiet).toBe(false);
});

it('does not mark a connection as quiet that is busy or has a pending answer', async () => {
  const { runtime, watchdog, line } = watched();
  const { call, answer } = newCall();
  const watching = watchdog.watch(call);
  await runtime.advanceAsync(9_000);
  expect(watchdog.isQuiet).toBe(false);
  line.bytesRead++;
  answer();
  await watching;
  await runtime.advanceAsync(3_000);
  expect(watchdog.isQuiet).toBe(false);
});

it('reports when an answer is late, and when one has arrived', async () => {
  const { runtime, watchdog, late } = watched();
  const { call, answer } = newCall();
  const watching = watchdog.watch(call);
  await runtime.advanceAsync(2_500);
  expect(late).toEqual([]);
  await runtime.advanceAsync(1_000);
  expect(late).toEqual([true]);
  answer();
  await watching;
  expect(late).toEqual([true, false]);
});

it('reports no late answer while bytes arrive', async () => {
  const { runtime, watchdog, late, line } = watched();
  void watchdog.watch(newCall().call);
  for (let waited = 0; waited < MINUTE; waited += 2_000) {
    await runtime.advanceAsync(2_000);
    line.bytesRead++;
  }
  expect(late).toEqual([]);
});
