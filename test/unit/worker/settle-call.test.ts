import { describe, expect, it } from 'vitest';
import { Keys } from '../../../lib/protocol/keys.js';
import type { Take } from '../../../lib/worker/taking/intake.js';
import { SettleCall } from '../../../lib/worker/settling/settle-call.js';
import { splitIntoSingles } from '../../../lib/worker/settling/settle-part.js';
import { Slots, type Slot } from '../../../lib/worker/taking/slots.js';
import { SILENT_QUEUE } from '../support/silent-queue.js';

interface CallOptions {
  readonly mayBeDone?: boolean;
  /** What each of its jobs is answered with. */
  readonly frame?: string | Buffer;
  /** Whether the next jobs are long. */
  readonly isLong?: boolean;
}

/** A call that settles two jobs and takes the next ones. */
function newCall({ mayBeDone = false, frame = 'reply', isLong = false }: CallOptions = {}) {
  const slots = new Slots(new Keys().queue('reports'), 'worker-1', 2);
  const slot = slots.take() as Slot;
  const take: Take = { slot: slots.take() as Slot, most: 8, isLong };
  const queue = SILENT_QUEUE;
  const outcomes = slot
    .fill(2)
    .map((place) => ({ place, reply: { list: 'replies', frame, deadline: undefined } }));
  return {
    call: SettleCall.begin([{ queue, outcomes, takes: [take] }], 0, mayBeDone),
    queue,
    outcomes,
    take,
  };
}

describe('a settle call', () => {
  it.each([
    ['short', 'x'.repeat(32_000), false],
    ['long', 'x'.repeat(33_000), true],
    ['long binary', Buffer.alloc(33_000), true],
  ])(
    'of %s replies pushes them outside of the script only where they are long',
    (_, frame, bypassesLua) => {
      expect(newCall({ frame }).call.input.bypassesLua).toBe(bypassesLua);
    },
  );

  it('does not repeat its takes when it was not answered', () => {
    const { call, queue, outcomes, take } = newCall();
    expect(call.markUnanswered()).toEqual([{ queue, take }]);
    expect(call.input).toMatchObject({ takes: [], isRepeated: true });
    expect([call.markUnanswered(), call.takes]).toEqual([[], []]);
    expect(call.parts).toEqual([{ queue, outcomes, takes: [] }]);
    expect(call.toRetry()).toEqual([{ queue, outcomes, takes: [] }]);
  });

  it('does not repeat its takes when it was repeated before', () => {
    const { call, queue, take } = newCall({ mayBeDone: true });
    expect(call.input.takes).toHaveLength(1);
    expect(call.markUnanswered()).toEqual([{ queue, take }]);
    expect(call.input).toMatchObject({ takes: [], isRepeated: true });
  });

  it('takes long jobs outside of the script', () => {
    expect(newCall({ isLong: true }).call.input.bypassesLua).toBe(true);
  });
});

describe('a settle call that is refused', () => {
  it('is retried without its takes', () => {
    const { call, queue, outcomes } = newCall();
    expect(call.toRetry()).toEqual([{ queue, outcomes, takes: [] }]);
    expect(outcomes[0]?.place.slot.holdsExactly(2)).toBe(true);
  });

  it('is retried with its takes where they may have been carried out', () => {
    const { call, queue, outcomes, take } = newCall({ mayBeDone: true });
    expect(call.toRetry()).toEqual([{ queue, outcomes, takes: [take] }]);
    expect(call.input.isRepeated).toBe(true);
  });

  it('is split into single outcomes and takes', () => {
    const { call, queue, outcomes, take } = newCall({ mayBeDone: true });
    expect(splitIntoSingles(call.toRetry())).toEqual([
      ...outcomes.map((outcome) => ({ queue, outcomes: [outcome], takes: [] })),
      { queue, outcomes: [], takes: [take] },
    ]);
  });
});
