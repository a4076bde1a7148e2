import type { Missing } from '../../protocol/operations/settle-jobs.js';
import type { Place } from '../../protocol/operations/lua-empty-place.js';
import type { Slot } from '../taking/slots.js';
import type { Outcome } from './outcome.js';
import type { SettlePart } from './settle-part.js';

/**
 * What one call takes out of slots: slots that it empties are released as a whole, other jobs by themselves. It begins with the
 * call, and each job's part of it is confirmed or cancelled by what Redis answers.
 */
export class Release {
  /** The slots that are released as a whole, in the order of the input. */
  private readonly wholeSlots: Slot[] = [];
  /** The outcomes whose places are released by themselves, in the order of the input. */
  private readonly singleOutcomes: Outcome[] = [];

  /** Begins to release the jobs of a call. Those that the server has lost are in no slot. */
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

  /** @returns what tells the outcomes that are not where they were. */
  missingOf(missing: Missing): (outcome: Outcome) => boolean {
    const slots = new Set(missing.slots.map((index) => this.wholeSlots[index]));
    const alone = new Set(missing.places.map((index) => this.singleOutcomes[index]));
    return (outcome) => alone.has(outcome) || slots.has(outcome.place.slot);
  }
}

/** Redis has not taken these jobs out of their slots. */
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
