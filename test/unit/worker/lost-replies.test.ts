import { expect, it } from 'vitest';
import { Keys } from '../../../lib/protocol/keys.js';
import { separateLost } from '../../../lib/worker/settling/lost-replies.js';
import type { Outcome } from '../../../lib/worker/settling/outcome.js';
import { Slots, type JobPlace, type Slot } from '../../../lib/worker/taking/slots.js';
import { SILENT_QUEUE } from '../support/silent-queue.js';

/** A job that a server handed out, whose caller waits until then. */
function outcomeOf(server: string | undefined, deadline?: number): Outcome {
  const slot = new Slots(new Keys().queue('reports'), 'worker-1', 1).take() as Slot;
  const [place] = slot.fill(1, server) as [JobPlace];
  return { place, reply: { list: 'replies', frame: 'reply', deadline } };
}

const NOW = 1_000;

it.each<[string, Outcome, string | undefined, boolean]>([
  ['another server handed it out', outcomeOf('one'), 'other', true],
  [
    'another server handed it out, and its caller still waits',
    outcomeOf('one', 1_001),
    'other',
    true,
  ],
  ['the time of its caller is over', outcomeOf('one', 999), 'other', false],
  ['nobody waits for it', { place: outcomeOf('one').place }, 'other', false],
  ['the same server handed it out', outcomeOf('one'), 'one', false],
  ['the server does not tell', outcomeOf('one'), undefined, false],
  ['the server before did not tell', outcomeOf(undefined), 'other', false],
])('a job that is not in its slot: %s', (_, outcome, server, isLost) => {
  const part = { queue: SILENT_QUEUE, outcomes: [outcome], takes: [] };
  expect(separateLost([part], server, NOW)).toEqual(
    isLost ? { lost: [{ ...part, areLost: true }], others: [] } : { lost: [], others: [part] },
  );
});
