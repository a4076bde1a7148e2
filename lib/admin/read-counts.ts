import {
  bucketFields,
  DURATION_BOUNDS_MS,
  sumField,
  type CountedDuration,
  type CountsByField,
} from '../protocol/job-counts.js';
import type { DurationCounts } from './duration-counts.js';
import type { JobCounts } from './job-counts.js';

/** @returns the sum of counts. */
export function readCounts(all: readonly CountsByField[]): JobCounts {
  const sum = (field: string): number =>
    all.reduce((total, counts) => total + (counts[field] ?? 0), 0);
  const durations = (name: CountedDuration): DurationCounts => ({
    sum: sum(sumField(name)),
    buckets: bucketFields(name).map((field, index) => ({
      upTo: DURATION_BOUNDS_MS[index],
      count: sum(field),
    })),
  });
  return {
    done: sum('done'),
    failed: sum('failed'),
    expired: sum('expired'),
    cancelled: sum('cancelled'),
    redelivered: sum('redelivered'),
    runs: durations('run'),
    waits: durations('wait'),
  };
}
