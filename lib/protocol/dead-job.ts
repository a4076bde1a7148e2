/**
 * The reason why a job is in the dead list of its queue:
 *
 * - `unreadable`: the text in the queue is no job
 * - `out of deliveries`: the job was started `maxDeliveries` times, and no worker is known to have finished it
 * - `broken stream`: the worker was lost after the job had sent values, which a second delivery would send again
 */
export type DeadReason = 'unreadable' | 'out of deliveries' | 'broken stream';

/** A dead letter: an entry of the dead list of a queue, once its JSON is parsed. */
export interface DeadJob {
  /** The reason why the job is not run any more. */
  readonly reason: DeadReason;
  /** The reason in words. */
  readonly message: string;
  /** The id of the worker that had the job. */
  readonly worker: string;
  /** The time when the job was moved to the dead list: ms since the epoch, by the clock of Redis. */
  readonly at: number;
  /** The job exactly as it was in the queue. */
  readonly job: string;
}
