import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { OncePerTurn } from '../../../lib/driver/once-per-turn.js';
import { systemRuntime } from '../../../lib/driver/system-runtime.js';

it('does its work once per turn, however often it is scheduled', async () => {
  let count = 0;
  const work = new OncePerTurn(systemRuntime, () => count++);
  work.schedule();
  work.schedule();
  expect(count).toBe(0);
  await nextTurn();
  expect(count).toBe(1);
  work.schedule();
  await nextTurn();
  expect(count).toBe(2);
});

it('does its work in the next turn if the work schedules it', async () => {
  let count = 0;
  const work: OncePerTurn = new OncePerTurn(systemRuntime, () => {
    count++;
    if (count === 1) {
      work.schedule();
    }
  });
  work.schedule();
  await nextTurn();
  expect(count).toBe(1);
  await nextTurn();
  expect(count).toBe(2);
});
