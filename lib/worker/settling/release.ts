import type { Missing } from '../../protocol/operations/settle-jobs.js';
import type { Place } from '../../protocol/operations/lua-empty-place.js';
import type { Slot } from '../taking/slots.js';
import type { Outcome } from './outcome.js';
import type { SettlePart } from './settle-part.js';

/**
 * The jobs that one call takes out of their slots: a slot that the call empties is released as a whole, other jobs one by one. The
 * release begins with the call, and is confirmed or cancelled for each job by the answer of Redis.
 */
export class Release {
  /** Slots that are released as a whole, in the order of the input. */
  private readonly wholeSlots: Slot[] = [];
  /** Outcomes whose jobs are released one by one, in the order of the input. */
  private readonly singleOutcomes: Outcome[] = [];

  /** Begins to release the jobs of a call. Jobs that the server has lost are in no slot. */
  static begin(parts: readonly SettlePart[]): Release {
    const release = new Release();
    for (const [slot, outcomes] of outcomesBySlot(parts)) {
      if (slot.holdsExactly(outcomes.length)) {
        release.wholeSlots.push(slot);
      } else {
        release.singleOutcomes.push(...outcomes);
      }
      for (const { place } of outcomes) {
        place.beginRelease();
      }
    }
    return release;
  }

  private constructor() {}

  get slotKeys(): string[] {
    return this.wholeSlots.map(({ key }) => key);
  }

  get places(): Place[] {
    return this.singleOutcomes.map(({ place }) => place);
  }

  /** @returns a function that finds the outcomes whose jobs were not in their slots. */
  missingOf(missing: Missing): (outcome: Outcome) => boolean {
    const slots = new Set(missing.slots.map((index) => this.wholeSlots[index]));
    const alone = new Set(missing.places.map((index) => this.singleOutcomes[index]));
    return (outcome) => alone.has(outcome) || slots.has(outcome.place.slot);
  }
}

/** Notes that Redis has not taken the jobs out of their slots. */
export function cancelRelease(parts: readonly SettlePart[]): void {
  for (const { outcomes } of parts) {
    for (const { place } of outcomes) {
      place.cancelRelease();
    }
  }
}

function outcomesBySlot(parts: readonly SettlePart[]): Map<Slot, Outcome[]> {
  const bySlot = new Map<Slot, Outcome[]>();
  for (const { outcomes, areLost } of parts) {
    for (const outcome of areLost ? [] : outcomes) {
      const { slot } = outcome.place;
      const others = bySlot.get(slot);
      if (others) {
        others.push(outcome);
      } else {
        bySlot.set(slot, [outcome]);
      }
    }
  }
  return bySlot;
}
