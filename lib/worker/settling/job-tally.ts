import {
  bucketFields,
  DURATION_BOUNDS_MS,
  ENDS,
  sumField,
  type CountedDuration,
  type CountedEnd,
  type CountsByField,
} from '../../protocol/job-counts.js';

/** Counts durations in buckets. */
class DurationTally {
  private sum = 0;
  private readonly buckets = Array.from({ length: DURATION_BOUNDS_MS.length + 1 }, () => 0);

  /** @param duration - ms. */
  add(duration: number): void {
    this.sum += duration;
    let bucket = 0;
    while (duration > (DURATION_BOUNDS_MS[bucket] ?? Infinity)) {
      bucket++;
    }
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1;
  }

  entriesOf(name: CountedDuration): [field: string, count: number][] {
    const counts = bucketFields(name).map((field, bucket): [string, number] => [
      field,
      this.buckets[bucket] ?? 0,
    ]);
    return [[sumField(name), Math.round(this.sum)], ...counts];
  }
}

/** Counts the jobs of one worker since its start. */
export class JobTally {
  private readonly ends = { done: 0, failed: 0, expired: 0, cancelled: 0, redelivered: 0 };
  private readonly runs = new DurationTally();
  private readonly waits = new DurationTally();

  /** Counts a job. */
  add(end: CountedEnd): void {
    this.ends[end]++;
  }

  /** Counts how long a handler took to return, ms. */
  ran(duration: number): void {
    this.runs.add(duration);
  }

  /** Counts how long a job waited from its push until its start, ms. */
  waited(duration: number): void {
    this.waits.add(Math.max(0, duration));
  }

  get counts(): CountsByField {
    return Object.fromEntries([
      ...ENDS.map((end): [string, number] => [end, this.ends[end]]),
      ...this.runs.entriesOf('run'),
      ...this.waits.entriesOf('wait'),
    ]);
  }
}

/** @returns by how much counts are above others. */
export const countsAbove = (counts: CountsByField, base: CountsByField): CountsByField =>
  Object.fromEntries(
    Object.entries(counts).map(([field, count]) => [field, count - (base[field] ?? 0)]),
  );
