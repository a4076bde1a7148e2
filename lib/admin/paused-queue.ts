import type { WorkerSnapshot } from './worker-snapshot.js';

/** What a pause of a queue has come to. */
export interface PausedQueue {
  /** The name of the queue. */
  readonly queue: string;
  /** The workers that are alive and hear of the pause: at once, or with the next renewal of their lease. */
  readonly workers: readonly WorkerSnapshot[];
  /** The workers that are alive and do not hear of it, because they are of an earlier version of the library: they go on taking jobs. */
  readonly olderWorkers: readonly WorkerSnapshot[];
}
