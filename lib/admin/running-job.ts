/** A job that runs. */
export interface RunningJob {
  /** The queue. */
  readonly queue: string;
  /** The id of the job. */
  readonly id: string | number;
  /** The id of its worker, as `QueueAdmin.workers` shows it. */
  readonly worker: string;
  /** When its handler was called: ms since the epoch, by the clock of Redis. */
  readonly since: number;
  /** The number of this delivery, from 1. */
  readonly attempt: number;
}
