import { createHash } from 'node:crypto';

/** Bytes of jobs that one script takes back at most, unless a single job is longer: Redis serves nobody else meanwhile. */
export const PART_BYTES = 2 * 1024 * 1024;

/** Jobs that one script takes back at most. */
const MOST_JOBS = 500;

/** Jobs that are read together at first, when it is not known how long they are, and how many times more by the next read. */
const FIRST_JOBS = 4;
const GROWTH = 4;

/** A slot that holds something. */
export interface FilledSlot {
  readonly key: string;
  readonly length: number;
}

/** The end of a slot, from a position on. */
export interface SlotRange {
  readonly key: string;
  readonly from: number;
}

/** What was read of a slot from a position on. */
export interface SlotPart extends SlotRange {
  readonly elements: readonly Buffer[];
}

/**
 * Cuts what lies in the slots of a lost worker into parts that Redis can take back without being held for long: from the last
 * job to the first, since each part goes in front of those before. No slot is cut that need not be.
 */
export class SlotParts {
  private readonly left: FilledSlot[];
  /** How many jobs to read next. */
  private count = FIRST_JOBS;

  /** @param slots - in their order. */
  constructor(slots: readonly FilledSlot[]) {
    this.left = [...slots];
  }

  /** What to read next; nothing when all was taken. */
  next(): SlotRange[] {
    const ranges: SlotRange[] = [];
    let jobs = 0;
    for (const { key, length } of this.left.toReversed()) {
      if (jobs > 0 && jobs + length > this.count) {
        break;
      }
      ranges.unshift({ key, from: Math.max(0, length - this.count) });
      jobs += length;
    }
    return ranges;
  }

  /**
   * @param read - what {@link next} named, as it was found.
   * @returns what of it to take back in one step; the rest is named once more.
   */
  take(read: readonly SlotPart[]): SlotPart[] {
    const part: SlotPart[] = [];
    let bytes = 0;
    let jobs = 0;
    for (const { key, from, elements } of read.toReversed()) {
      let fitting = 0;
      let length = 0;
      for (const element of elements.toReversed()) {
        if (jobs + fitting > 0 && bytes + length + element.length > PART_BYTES) {
          break;
        }
        fitting++;
        length += element.length;
      }
      if (fitting < elements.length && jobs > 0) {
        break;
      }
      const skipped = elements.length - fitting;
      part.unshift({ key, from: from + skipped, elements: elements.slice(skipped) });
      bytes += length;
      jobs += fitting;
      this.taken(from + skipped);
      if (skipped > 0) {
        break;
      }
    }
    const fitting = bytes > 0 ? Math.floor((PART_BYTES * jobs) / bytes) : MOST_JOBS;
    this.count = Math.max(1, Math.min(MOST_JOBS, fitting, this.count * GROWTH));
    return part;
  }

  /** The last slot was taken, from a position on. */
  private taken(from: number): void {
    const last = this.left.pop();
    if (last && from > 0) {
      this.left.push({ ...last, length: from });
    }
  }
}

/** Tells one content of a slot from another, as the script that takes it back does. */
export function digestOf(elements: readonly Buffer[]): string {
  const hash = createHash('sha1');
  elements.forEach((element, index) => hash.update(index === 0 ? '' : '\n').update(element));
  return elements.length === 0 ? '' : hash.digest('hex');
}
