import type { JobCounts } from './job-counts.js';

/** A queue at a moment; on a Redis Cluster, all of its shards together. */
export interface QueueSnapshot {
  /** The name of the queue. */
  readonly queue: string;
  /** Number of jobs that wait in the queue. Those that a worker has taken and not started are not among them. */
  readonly waiting: number;
  /** How long the oldest of them has waited, ms; `0` for none. */
  readonly age: number;
  /** Number of jobs that run, as the workers have told with the last renewals of their leases. */
  readonly running: number;
  /** Number of workers that are alive. */
  readonly workers: number;
  /** Number of dead letters. */
  readonly dead: number;
  /** Whether the queue is paused for the workers of all processes. */
  readonly isPaused: boolean;
  /** What all workers have counted, also those that are gone. Counts of 90 days without any worker are forgotten. */
  readonly counts: JobCounts;
}
