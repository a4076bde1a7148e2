import { expect, it } from 'vitest';
import { Keys } from '../../../lib/protocol/keys.js';
import { Slots } from '../../../lib/worker/slots.js';

const keys = new Keys().queue('reports');
const newSlots = (size: number): Slots => new Slots(keys, 'worker-1', size);

it('has as many slots as it is told, each with the key of its own list', () => {
  expect(newSlots(3).take(Infinity)).toEqual([
    { index: 0, key: keys.active('worker-1', 0) },
    { index: 1, key: keys.active('worker-1', 1) },
    { index: 2, key: keys.active('worker-1', 2) },
  ]);
});

it('hands out no more than it is asked for', () => {
  const slots = newSlots(3);
  expect([slots.take(2).length, slots.take(2).length, slots.take(2).length]).toEqual([2, 1, 0]);
});

it('hands each slot out once until it is released', () => {
  const slots = newSlots(2);
  const taken = slots.take(2);
  expect(slots.take(1)).toEqual([]);
  for (const slot of taken) {
    slots.release(slot);
    expect(slots.take(1)).toEqual([slot]);
  }
});
