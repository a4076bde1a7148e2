/** Durations that were counted: their sum, and how many were how long. */
export interface DurationCounts {
  /** Sum of all durations, ms. */
  readonly sum: number;
  /** The numbers of durations, from the shortest to the longest. Each duration is in one bucket. */
  readonly buckets: readonly {
    /** Longest duration in the bucket, ms; `undefined` for the last, which has no limit. */
    readonly upTo: number | undefined;
    /** Number of durations that are longer than those of the bucket before, and not longer than `upTo`. */
    readonly count: number;
  }[];
}
