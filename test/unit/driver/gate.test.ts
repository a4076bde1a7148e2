import { expect, it } from 'vitest';
import { Gate } from '../../../lib/driver/gate.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';

it('wakes all waiters once', async () => {
  const gate = new Gate();
  const woken: number[] = [];
  const waiting = [1, 2].map((name) => gate.next().then(() => woken.push(name)));
  await Promise.resolve();
  expect(woken).toEqual([]);
  gate.wake();
  await Promise.all(waiting);
  expect(woken).toEqual([1, 2]);
  gate.wake();
  expect(woken).toEqual([1, 2]);
});

it('does not wake a waiter that is added while others are woken', async () => {
  const gate = new Gate();
  let turns = 0;
  const waits = (async () => {
    for (; turns < 3; turns++) {
      await gate.next();
    }
  })();
  for (let wakes = 1; wakes <= 3; wakes++) {
    gate.wake();
    await Promise.resolve();
    await Promise.resolve();
    expect(turns).toBe(wakes);
  }
  await waits;
});

it('waits until a condition holds, and not at all if it already holds', async () => {
  const gate = new Gate();
  let room = 0;
  await gate.until(() => room === 0);
  let isThere = false;
  const waiting = gate
    .until(() => room > 0)
    .then(() => {
      isThere = true;
    });
  gate.wake();
  await Promise.resolve();
  expect(isThere).toBe(false);
  room = 1;
  gate.wake();
  await waiting;
  expect(isThere).toBe(true);
});

it('waits for a condition for a limited time, and leaves no timer behind', async () => {
  const runtime = new VirtualRuntime();
  const gate = new Gate();
  let room = 0;
  let ends = 0;
  const wait = (): Promise<void> =>
    gate.untilOrAfter(1_000, () => room > 0, runtime).then(() => void ends++);
  const inTime = wait();
  expect(runtime.holding).toBe(0);
  gate.wake();
  await runtime.advanceAsync(999);
  expect([ends, runtime.pending]).toEqual([0, 1]);
  room = 1;
  gate.wake();
  await inTime;
  expect(runtime.pending).toBe(0);
  room = 0;
  const late = wait();
  await runtime.advanceAsync(1_000);
  await late;
  expect([ends, runtime.pending]).toEqual([2, 0]);
});
