import type { DurationCounts } from './duration-counts.js';

/** Numbers of jobs, which only grow: the difference of two readings is what happened in between. */
export interface JobCounts {
  /** Jobs whose handler has returned, or whose stream has ended. */
  readonly done: number;
  /** Jobs that were answered with an error, or would have been if somebody waited. */
  readonly failed: number;
  /** Jobs whose deadline has passed before or during their run, or whose stream nobody read any more. */
  readonly expired: number;
  /** Jobs that their caller has cancelled, before or during their run. */
  readonly cancelled: number;
  /** Starts of jobs that were delivered before. */
  readonly redelivered: number;
  /** Times that handlers took to return. */
  readonly runs: DurationCounts;
  /** Times from the push of a job to its start. Jobs of the original `reqrep` are not among them. */
  readonly waits: DurationCounts;
}
