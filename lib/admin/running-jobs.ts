import type { RunningJob } from './running-job.js';
import type { WorkerSnapshot } from './worker-snapshot.js';

/** The jobs of a queue that run at a moment, as the workers have answered. */
export interface RunningJobs {
  /** The jobs, from the one that has run for longest; 1000 at most of each worker. */
  readonly jobs: readonly RunningJob[];
  /** Workers that did not answer in time, or are of an earlier version of the library: what they run is not known. */
  readonly silent: readonly WorkerSnapshot[];
}
