import type { JobCounts } from './job-counts.js';

/**
 * A worker that is alive, as it has described itself with the last renewal of its lease, three times in `lease` ms. A worker of an earlier
 * version of the library tells neither handler nor version, concurrency, running, isPaused and counts.
 */
export interface WorkerSnapshot {
  /** The id of the worker: one for all queues of a process, from one start of its workers until the next stop. */
  readonly id: string;
  /** The queue that it serves. */
  readonly queue: string;
  /** The name of its host. */
  readonly host: string;
  /** The id of its process. */
  readonly pid: number | undefined;
  /** When it has started: ms since the epoch, by the clock of Redis. */
  readonly startedAt: number | undefined;
  /** When its lease lapses unless it is renewed: ms since the epoch, by the clock of Redis. */
  readonly leaseUntil: number;
  /** The handler: `Class#method`; without Nest the name of the function. */
  readonly handler: string | undefined;
  /** The version of the library. */
  readonly version: string | undefined;
  /** Maximum number of jobs that it runs at a time. */
  readonly concurrency: number | undefined;
  /** Number of jobs that it runs. */
  readonly running: number | undefined;
  /** Whether it takes no jobs, because its process or all workers of the queue were told to pause. */
  readonly isPaused: boolean | undefined;
  /** What it has counted since its start. */
  readonly counts: JobCounts;
}
