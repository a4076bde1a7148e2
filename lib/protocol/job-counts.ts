/**
 * How jobs ended that a worker took:
 *
 * - `done`: its handler returned, or its stream ended
 * - `failed`: it was answered with an error
 * - `expired`: its deadline passed before or during its run, or nobody read its stream any more
 * - `cancelled`: its caller cancelled it, before or during its run
 *
 * `redelivered` counts starts of jobs that were delivered before.
 */
export const ENDS = ['done', 'failed', 'expired', 'cancelled', 'redelivered'] as const;

/** What is counted once for a job. */
export type CountedEnd = (typeof ENDS)[number];

/** Upper bounds (inclusive) of the buckets in which durations are counted, ms. One bucket more counts longer ones. */
export const DURATION_BOUNDS_MS: readonly number[] = [1, 10, 50, 250, 1_000, 5_000, 30_000];

/** Durations that are counted: of runs, and of the time from the push of a job until its start. */
export type CountedDuration = 'run' | 'wait';

/** The field with the sum of some durations, ms. */
export const sumField = (name: CountedDuration): string => `${name}Ms`;

/** The fields with the numbers of durations in each bucket, in the order of {@link DURATION_BOUNDS_MS}; the last is for longer ones. */
export const bucketFields = (name: CountedDuration): readonly string[] => [
  ...DURATION_BOUNDS_MS.map((bound) => `${name}To${bound}`),
  `${name}Longer`,
];

/** All fields with counts, of a worker's hash and of the totals of its queue. */
export const COUNT_FIELDS: readonly string[] = [
  ...ENDS,
  sumField('run'),
  ...bucketFields('run'),
  sumField('wait'),
  ...bucketFields('wait'),
];

/** Counts by {@link COUNT_FIELDS}; a missing one is 0. */
export type CountsByField = Readonly<Record<string, number>>;
