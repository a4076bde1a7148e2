import { createHash } from 'node:crypto';

/** Maximum number of bytes of jobs that one script recovers, unless a single job is longer: Redis serves nobody else meanwhile. */
export const MAX_PART_BYTES = 2 * 1024 * 1024;

/** Maximum number of jobs that one script recovers. */
const MAX_PART_JOBS = 500;

/** Maximum number of jobs of the first read, when their size is unknown, and the factor by which the next read may be larger. */
const FIRST_READ_JOBS = 4;
const READ_GROWTH_FACTOR = 4;

/** A slot that holds jobs. */
export interface FilledSlot {
  readonly key: string;
  readonly length: number;
}

/** The end of a slot, from a position on. */
export interface SlotRange {
  readonly key: string;
  readonly from: number;
}

/** The jobs of a slot that were read from a position on. */
export interface SlotPart extends SlotRange {
  readonly elements: readonly Buffer[];
}

/**
 * Cuts the jobs in the slots of a lost worker into parts that one script can recover without blocking Redis for long. The parts go
 * from the last job to the first, because each part is put in front of the earlier ones. A slot is cut only where it is too long.
 */
export class SlotParts {
  private readonly remaining: FilledSlot[];
  /** Maximum number of jobs of the next read. */
  private nextReadJobs = FIRST_READ_JOBS;

  /** @param slots - in their order. */
  constructor(slots: readonly FilledSlot[]) {
    this.remaining = [...slots];
  }

  /** @returns what to read next; nothing when all jobs were taken. */
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
   * Chooses the next part.
   * @param read - the content of the ranges of {@link next}.
   * @returns what to recover in one step; the rest is part of the next read.
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

  /** Notes that the last slot was taken from a position on. */
  private markTaken(from: number): void {
    const last = this.remaining.pop();
    if (last && from > 0) {
      this.remaining.push({ ...last, length: from });
    }
  }
}

/** @returns a digest of the content of a slot, as the script of the recovery computes it. */
export function digestOf(elements: readonly Buffer[]): string {
  const hash = createHash('sha1');
  elements.forEach((element, index) => hash.update(index === 0 ? '' : '\n').update(element));
  return elements.length === 0 ? '' : hash.digest('hex');
}
