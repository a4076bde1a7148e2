import { createHash } from 'node:crypto';

/** Bytes of jobs that one script takes back at most, unless a single job is longer: Redis serves nobody else meanwhile. */
export const MAX_PART_BYTES = 2 * 1024 * 1024;

/** Jobs that one script takes back at most. */
const MAX_PART_JOBS = 500;

/** Jobs that are read together at first, when it is not known how long they are, and how many times more by the next read. */
const FIRST_READ_JOBS = 4;
const READ_GROWTH_FACTOR = 4;

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
  private readonly remaining: FilledSlot[];
  /** How many jobs to read next. */
  private nextReadJobs = FIRST_READ_JOBS;

  /** @param slots - in their order. */
  constructor(slots: readonly FilledSlot[]) {
    this.remaining = [...slots];
  }

  /** What to read next; nothing when all was taken. */
  next(): SlotRange[] {
    const ranges: SlotRange[] = [];
    let jobs = 0;
    for (const { key, length } of this.remaining.toReversed()) {
      if (jobs > 0 && jobs + length > this.nextReadJobs) {
        break;
      }
      ranges.unshift({ key, from: Math.max(0, length - this.nextReadJobs) });
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
        if (jobs + fitting > 0 && bytes + length + element.length > MAX_PART_BYTES) {
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
      this.markTaken(from + skipped);
      if (skipped > 0) {
        break;
      }
    }
    const fitting = bytes > 0 ? Math.floor((MAX_PART_BYTES * jobs) / bytes) : MAX_PART_JOBS;
    this.nextReadJobs = Math.max(
      1,
      Math.min(MAX_PART_JOBS, fitting, this.nextReadJobs * READ_GROWTH_FACTOR),
    );
    return part;
  }

  /** The last slot was taken, from a position on. */
  private markTaken(from: number): void {
    const last = this.remaining.pop();
    if (last && from > 0) {
      this.remaining.push({ ...last, length: from });
    }
  }
}

/** Tells one content of a slot from another, as the script that takes it back does. */
export function digestOf(elements: readonly Buffer[]): string {
  const hash = createHash('sha1');
  elements.forEach((element, index) => hash.update(index === 0 ? '' : '\n').update(element));
  return elements.length === 0 ? '' : hash.digest('hex');
}
