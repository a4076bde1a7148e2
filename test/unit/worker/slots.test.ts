import { expect, it } from 'vitest';
import { Keys } from '../../../lib/protocol/keys.js';
import { Slots, type Slot } from '../../../lib/worker/slots.js';

const keys = new Keys().queue('reports');
const newSlots = (size: number): Slots => new Slots(keys, 'worker-1', size);
const newSlot = (): Slot => newSlots(1).take() as Slot;

it('has as many slots as it is told, each with the key of its own list', () => {
  const slots = newSlots(3);
  const taken = [slots.take(), slots.take(), slots.take(), slots.take()];
  expect(taken.map((slot) => slot?.key)).toEqual([
    keys.active('worker-1', 0),
    keys.active('worker-1', 1),
    keys.active('worker-1', 2),
    undefined,
  ]);
  expect(slots.areFree).toBe(false);
});

it('hands each slot out once until it is released', () => {
  const slots = newSlots(2);
  const taken = [slots.take(), slots.take()] as [Slot, Slot];
  for (const slot of taken) {
    expect(slots.take()).toBeUndefined();
    slots.release(slot);
    expect(slots.take()).toBe(slot);
  }
});

it('knows the place of each job in it', () => {
  const slot = newSlot();
  const { key } = slot;
  expect(slot.fill(2)).toEqual([
    { slot, key, position: 0 },
    { slot, key, position: 1 },
  ]);
});

it('is empty when the last of its jobs has left', () => {
  const slot = newSlot();
  slot.fill(2);
  slot.leave(2);
  expect([slot.left(), slot.left()]).toEqual([false, true]);
});

it('knows whether those that leave it are all, the last or some of its jobs', () => {
  const slot = newSlot();
  slot.fill(3);
  expect(slot.leave(3)).toBe('all');
  slot.stay(3);
  expect(slot.leave(1)).toBe('some');
  expect(slot.leave(2)).toBe('last');
  slot.left();
  slot.stay(2);
  // One has left for sure, so that the others are all there are.
  expect(slot.leave(2)).toBe('all');
});
