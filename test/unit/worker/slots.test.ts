import { expect, it } from 'vitest';
import { Keys } from '../../../lib/protocol/keys.js';
import { Slots } from '../../../lib/worker/slots.js';

const keys = new Keys().queue('reports');
const newSlots = (size: number): Slots => new Slots(keys, 'worker-1', size);

/** Whether a promise is resolved once all that can happen now has happened. */
async function isResolved(promise: Promise<void>): Promise<boolean> {
  let resolved = false;
  void promise.then(() => {
    resolved = true;
  });
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  return resolved;
}

it('has as many slots as it is told, each with the key of its own list', () => {
  expect(newSlots(3).takeFree()).toEqual([
    { index: 0, key: keys.active('worker-1', 0) },
    { index: 1, key: keys.active('worker-1', 1) },
    { index: 2, key: keys.active('worker-1', 2) },
  ]);
});

it('hands each slot out once until it is released', () => {
  const slots = newSlots(2);
  const taken = slots.takeFree();
  expect(slots.takeFree()).toEqual([]);
  for (const slot of taken) {
    slots.release(slot);
    expect(slots.takeFree()).toEqual([slot]);
  }
});

it('counts those that are busy', () => {
  const slots = newSlots(2);
  expect(slots.busy).toBe(0);
  const [first] = slots.takeFree();
  expect(slots.busy).toBe(2);
  if (first) {
    slots.release(first);
  }
  expect(slots.busy).toBe(1);
  expect(slots.size).toBe(2);
});

it('does not let wait while one is free', async () => {
  expect(await isResolved(newSlots(1).available())).toBe(true);
});

it('lets wait until one is released', async () => {
  const slots = newSlots(1);
  const [slot] = slots.takeFree();
  const available = slots.available();
  expect(await isResolved(available)).toBe(false);
  if (slot) {
    slots.release(slot);
  }
  await available;
  expect(slots.takeFree()).toEqual([slot]);
});

it('lets go whoever waits when it is told to', async () => {
  const slots = newSlots(1);
  slots.takeFree();
  const available = slots.available();
  slots.wake();
  await available;
  expect(slots.takeFree()).toEqual([]);
});

it('keeps no wake for later', async () => {
  const slots = newSlots(1);
  slots.takeFree();
  slots.wake();
  expect(await isResolved(slots.available())).toBe(false);
});
