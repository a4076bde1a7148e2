import {
  bucketFields,
  DURATION_BOUNDS_MS,
  sumField,
  type CountedDuration,
  type CountedEnd,
  type CountsByField,
} from '../../protocol/job-counts.js';

/** Counts durations in buckets. */
class DurationTally {
  private sum = 0;
  private readonly sumField: string;
  private readonly fields: readonly string[];
  private readonly buckets = Array.from({ length: DURATION_BOUNDS_MS.length + 1 }, () => 0);

  constructor(name: CountedDuration) {
    this.sumField = sumField(name);
    this.fields = bucketFields(name);
  }

  /** @param duration - ms. */
  add(duration: number): void {
    this.sum += duration;
    let bucket = 0;
    while (duration > (DURATION_BOUNDS_MS[bucket] ?? Infinity)) {
      bucket++;
    }
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1;
  }

  get entries(): [field: string, count: number][] {
    return [
      [this.sumField, Math.round(this.sum)],
      ...this.fields.map((field, bucket): [string, number] => [field, this.buckets[bucket] ?? 0]),
    ];
  }
}

/** Counts the jobs of one worker since its start. */
export class JobTally {
  private readonly ends = { done: 0, failed: 0, expired: 0, cancelled: 0, redelivered: 0 };
  private readonly runs = new DurationTally('run');
  private readonly waits = new DurationTally('wait');

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

  /** All counts that are not 0: most buckets are empty, and each field of each queue costs something with each renewal of a lease. */
  get counts(): CountsByField {
    const all = [...Object.entries(this.ends), ...this.runs.entries, ...this.waits.entries];
    return Object.fromEntries(all.filter(([, count]) => count > 0));
  }
}

/**
 * @returns by how much counts are above others. A count that was not 0 stays a field, even if it is not above the other: the server may
 * hold its former value.
 */
export const countsAbove = (counts: CountsByField, base: CountsByField): CountsByField =>
  Object.fromEntries(
    Object.entries(counts).map(([field, count]) => [field, count - (base[field] ?? 0)]),
  );
