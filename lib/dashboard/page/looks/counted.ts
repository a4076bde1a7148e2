import type { DurationCounts } from '../../../admin/duration-counts.js';
import type { JobCounts } from '../../../admin/job-counts.js';

/** The numbers of jobs that grew between two looks. */
export interface Growth {
  readonly seconds: number;
  readonly done: number;
  readonly failed: number;
  /** Jobs that ended in any way. */
  readonly ended: number;
  readonly runs: DurationGrowth;
  readonly waits: DurationGrowth;
}

/** Durations that were added between two looks. */
export interface DurationGrowth {
  /** Their mean, ms; `undefined` for none. */
  readonly mean: number | undefined;
  /** Their numbers, by the bucket; the bounds are those of the later look. */
  readonly buckets: DurationCounts['buckets'];
}

/** A moment with counts. */
export interface Counted {
  readonly at: number;
  readonly counts: JobCounts;
}

/** @returns what happened between two looks. Counts that shrink were forgotten in between, and count as nothing. */
export function growthBetween(before: Counted, after: Counted): Growth {
  const grown = (end: 'done' | 'failed' | 'expired' | 'cancelled'): number =>
    Math.max(0, after.counts[end] - before.counts[end]);
  const done = grown('done');
  const failed = grown('failed');
  return {
    seconds: Math.max(0, after.at - before.at) / 1_000,
    done,
    failed,
    ended: done + failed + grown('expired') + grown('cancelled'),
    runs: durationsBetween(before.counts.runs, after.counts.runs),
    waits: durationsBetween(before.counts.waits, after.counts.waits),
  };
}

function durationsBetween(before: DurationCounts, after: DurationCounts): DurationGrowth {
  const buckets = after.buckets.map(({ upTo, count }, index) => ({
    upTo,
    count: Math.max(0, count - (before.buckets[index]?.count ?? 0)),
  }));
  const count = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  const sum = Math.max(0, after.sum - before.sum);
  return { mean: count === 0 ? undefined : sum / count, buckets };
}

/**
 * @param share - from 0 to 1: 0.95 for the duration that 95 of 100 do not exceed.
 * @returns the upper bound of the bucket with that duration, ms; `Infinity` for the last; `undefined` without any duration.
 */
export function percentile(
  { buckets }: Pick<DurationGrowth, 'buckets'>,
  share: number,
): number | undefined {
  const wanted = share * buckets.reduce((sum, { count }) => sum + count, 0);
  let seen = 0;
  const found = wanted > 0 && buckets.find(({ count }) => (seen += count) >= wanted);
  return found ? (found.upTo ?? Infinity) : undefined;
}
