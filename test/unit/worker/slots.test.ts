import { expect, it } from 'vitest';
import { Keys } from '../../../lib/protocol/keys.js';
import { Slots, type JobPlace, type Slot } from '../../../lib/worker/taking/slots.js';

const keys = new Keys().queue('reports');
const newSlots = (size: number): Slots => new Slots(keys, 'worker-1', size);
const newSlot = (): Slot => newSlots(1).take() as Slot;

it('there are as many slots as requested, each with a key of its own', () => {
  const slots = newSlots(3);
  const taken = [slots.take(), slots.take(), slots.take(), slots.take()];
  expect(taken.map((slot) => slot?.key)).toEqual([
    keys.active('worker-1', 0),
    keys.active('worker-1', 1),
    keys.active('worker-1', 2),
    undefined,
  ]);
  expect(slots.hasFree).toBe(false);
});

it('each slot is taken once until it is released', () => {
  const slots = newSlots(2);
  const taken = [slots.take(), slots.take()] as [Slot, Slot];
  for (const slot of taken) {
    expect(slots.take()).toBeUndefined();
    slots.release(slot);
    expect(slots.take()).toBe(slot);
  }
});

it('a filled slot has a place for each job', () => {
  const slot = newSlot();
  const { key } = slot;
  expect(slot.fill(2)).toMatchObject([
    { slot, key, position: 0 },
    { slot, key, position: 1 },
  ]);
});

it('a slot is empty when the last of its jobs was released', () => {
  const slot = newSlot();
  const [one, other] = slot.fill(2) as [JobPlace, JobPlace];
  one.beginRelease();
  other.beginRelease();
  one.confirmRelease();
  expect(slot.isEmpty).toBe(false);
  other.confirmRelease();
  expect(slot.isEmpty).toBe(true);
});

it('a job counts once, however often its release is confirmed', () => {
  const slot = newSlot();
  const [one, other] = slot.fill(2) as [JobPlace, JobPlace];
  one.beginRelease();
  one.beginRelease();
  expect([one.confirmRelease(), one.confirmRelease()]).toEqual([true, false]);
  one.cancelRelease();
  expect(slot.holdsExactly(1)).toBe(true);
  other.confirmRelease();
  expect(slot.isEmpty).toBe(true);
});

it('a slot knows whether none of its jobs is being released', () => {
  const slot = newSlot();
  const [one] = slot.fill(3) as [JobPlace, JobPlace, JobPlace];
  expect([slot.holdsExactly(3), slot.holdsExactly(1)]).toEqual([true, false]);
  one.beginRelease();
  expect([slot.holdsExactly(3), slot.holdsExactly(2)]).toEqual([false, false]);
  one.cancelRelease();
  expect(slot.holdsExactly(3)).toBe(true);
  one.beginRelease();
  one.confirmRelease();
  expect(slot.holdsExactly(2)).toBe(true);
});
