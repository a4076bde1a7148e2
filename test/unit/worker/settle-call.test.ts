import { describe, expect, it } from 'vitest';
import { Keys } from '../../../lib/protocol/keys.js';
import type { Take } from '../../../lib/worker/intake.js';
import { SettleCall } from '../../../lib/worker/settle-call.js';
import type { SettledQueue } from '../../../lib/worker/outcome.js';
import { Slots, type Slot } from '../../../lib/worker/slots.js';

/** A call that settles two jobs and takes the next ones, and what its queue was handed. */
function newCall(mayBeDone: boolean) {
  const slots = new Slots(new Keys().queue('reports'), 'worker-1', 2);
  const slot = slots.take() as Slot;
  const take: Take = { slot: slots.take() as Slot, most: 8 };
  const taken: unknown[] = [];
  const queue: SettledQueue = {
    name: 'reports',
    requests: 'reportsrequests',
    take: () => undefined,
    onTaken: (of, jobs) => taken.push([of, jobs]),
    onReleased: () => undefined,
    onSettled: () => undefined,
  };
  const outcomes = slot.fill(2).map((place) => ({ place }));
  return {
    call: new SettleCall([{ queue, outcomes, take }], 0, mayBeDone),
    queue,
    outcomes,
    take,
    taken,
  };
}

describe('a settle call that is refused', () => {
  it('has taken no jobs', () => {
    const { call, queue, outcomes, take, taken } = newCall(false);
    expect(call.singles()).toEqual(outcomes.map((outcome) => ({ queue, outcomes: [outcome] })));
    expect(taken).toEqual([[take, []]]);
  });

  it('is asked for its jobs again where it may have taken them before', () => {
    const { call, queue, outcomes, take, taken } = newCall(true);
    expect(call.singles()).toEqual([
      ...outcomes.map((outcome) => ({ queue, outcomes: [outcome] })),
      { queue, outcomes: [], take },
    ]);
    expect(taken).toEqual([]);
    expect(call.input.isRepeated).toBe(true);
  });
});
