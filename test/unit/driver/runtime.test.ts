import { expect, it, onTestFinished } from 'vitest';
import { delay, nextTurn, type Runtime } from '../../../lib/driver/runtime.js';
import { systemRuntime } from '../../../lib/driver/system-runtime.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';
import { waitFor } from '../../support/wait-for.js';

it.each<[string, () => Runtime]>([
  ['of Node', () => systemRuntime],
  ['of tests', () => new VirtualRuntime()],
])('a runtime %s has unique ids', (_, make) => {
  const runtime = make();
  const ids = Array.from({ length: 1_000 }, () => runtime.randomId());
  const uuids = Array.from({ length: 1_000 }, () => runtime.randomUUID());
  expect(new Set(ids).size).toBe(1_000);
  expect(new Set(uuids).size).toBe(1_000);
  expect(ids.filter((id) => !/^[\w-]{12}$/.test(id))).toEqual([]);
  expect(uuids.filter((id) => !/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(id))).toEqual([]);
});

it('the runtime of Node clears any timer, and passes arguments to callbacks', async () => {
  const called: unknown[][] = [];
  const call = (...args: unknown[]): void => void called.push(args);
  const interval = systemRuntime.setInterval(() => call('interval'), 1);
  onTestFinished(() => systemRuntime.clear(interval));
  systemRuntime.clear(systemRuntime.setTimeout(call, 1, 'cleared'));
  systemRuntime.setTimeout(call, 1, 'one', 2);
  await waitFor(() => called.filter(([what]) => what === 'interval').length > 1);
  await waitFor(() => called.some(([what]) => what === 'one'));
  systemRuntime.clear(interval);
  const { length } = called;
  systemRuntime.clear(undefined);
  await delay(systemRuntime, 5, { ref: true });
  expect(called).toHaveLength(length);
  expect(called).toContainEqual(['one', 2]);
  expect(called).not.toContainEqual(['cleared']);
});

it('a delay does not keep the process alive, unless told otherwise', () => {
  const runtime = new VirtualRuntime();
  void delay(runtime, 1);
  expect([runtime.pending, runtime.holding]).toEqual([1, 0]);
  void delay(runtime, 1, { ref: true });
  expect([runtime.pending, runtime.holding]).toEqual([2, 1]);
});

it('the virtual time passes only when it is advanced, in the order of due timers', async () => {
  const runtime = new VirtualRuntime(1_000);
  const seen: string[] = [];
  const see = (what: string): void => void seen.push(`${what} at ${runtime.now()}`);
  runtime.setTimeout(see, 20, 'later');
  const silence = runtime.setTimeout(see, 15, 'refreshed');
  const interval = runtime.setInterval(() => see('interval'), 10);
  runtime.setImmediate(() => see('next turn'));
  expect(seen).toEqual([]);
  runtime.advance(10);
  silence.refresh();
  runtime.advance(14);
  runtime.clear(interval);
  expect(seen.splice(0)).toEqual([
    'next turn at 1000',
    'interval at 1010',
    'later at 1020',
    'interval at 1020',
  ]);
  runtime.advance(100);
  expect(seen.splice(0)).toEqual(['refreshed at 1025']);
  expect([runtime.now(), runtime.pending]).toEqual([1_124, 0]);
  void delay(runtime, 5)
    .then(() => nextTurn(runtime))
    .then(() => delay(runtime, 5))
    .then(() => see('waited'));
  await runtime.advanceAsync(10);
  expect(seen).toEqual(['waited at 1134']);
});
