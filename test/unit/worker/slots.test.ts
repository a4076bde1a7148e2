import { expect, it } from 'vitest';
import { Keys } from '../../../lib/protocol/keys.js';
import { Slots, type JobPlace, type Slot } from '../../../lib/worker/taking/slots.js';

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
    { slot, key, position: 0, state: 'held' },
    { slot, key, position: 1, state: 'held' },
  ]);
});

it('is empty when the last of its jobs has left', () => {
  const slot = newSlot();
  const [one, other] = slot.fill(2) as [JobPlace, JobPlace];
  slot.leave(one);
  slot.leave(other);
  expect([slot.left(one), slot.left(other)]).toEqual([false, true]);
});

it('counts a job once, however often it leaves', () => {
  const slot = newSlot();
  const [one, other] = slot.fill(2) as [JobPlace, JobPlace];
  slot.leave(one);
  slot.leave(one);
  expect([slot.left(one), slot.left(one)]).toEqual([false, false]);
  slot.stay(one);
  expect(slot.holdsJust(1)).toBe(true);
  expect([slot.left(other), slot.left(other)]).toEqual([true, false]);
});

it('knows whether nobody takes any of its jobs out yet', () => {
  const slot = newSlot();
  const [one] = slot.fill(3) as [JobPlace, JobPlace, JobPlace];
  expect([slot.holdsJust(3), slot.holdsJust(1)]).toEqual([true, false]);
  slot.leave(one);
  expect([slot.holdsJust(3), slot.holdsJust(2)]).toEqual([false, false]);
  slot.stay(one);
  expect(slot.holdsJust(3)).toBe(true);
  slot.leave(one);
  slot.left(one);
  expect(slot.holdsJust(2)).toBe(true);
});
