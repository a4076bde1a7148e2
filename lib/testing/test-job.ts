import type { DeadReason } from '../protocol/dead-reason.js';

/** The state of a job: it is `waiting` in its queue, `running` in a worker, or `ended` in the way that {@link TestJobEnd} names. */
export type TestJobState = 'waiting' | 'running' | 'ended';

/**
 * The way in which a job ended:
 *
 * - `replied`: with the reply of its handler, or with the end of its stream
 * - `failed`: with an error for its caller, see {@link TestJob.error}
 * - `dead letter`: among the dead letters of its queue, see {@link TestJob.dead}
 * - `cancelled`: its caller cancelled it before there was a reply
 * - `expired`: its deadline passed before there was a reply
 * - `unanswered`: it was emitted and run, so that no reply says how it ended. Its handler did not throw, unless `deadLetterFailures` is
 *   `none`
 */
export type TestJobEnd =
  'replied' | 'failed' | 'dead letter' | 'cancelled' | 'expired' | 'unanswered';

/** A job that was sent in a test. */
export interface TestJob {
  /** The id of the job. */
  readonly id: string | number;
  /** The data of the job, as JSON carries it. */
  readonly data: unknown;
  /** The headers of the job. */
  readonly headers: Readonly<Record<string, string>>;
  /** The state of the job. */
  readonly state: TestJobState;
  /**
   * Number of times that a worker took the job. A job that is `waiting` although it was taken before was given back, by a worker that was
   * paused or stopped, or that was lost.
   */
  readonly deliveries: number;
  /** The values of its stream that were sent. Empty for a job without a stream. */
  readonly values: readonly unknown[];
  /** The way in which the job ended. Left out while the job waits or runs. */
  readonly end?: TestJobEnd;
  /** The reply, which may have come too late. Left out where there is none, and for streams. */
  readonly reply?: unknown;
  /** The error that its caller got. Left out where there is none. */
  readonly error?: {
    /** The name of the error. */
    readonly name: string;
    /** The message of the error. */
    readonly message: string;
  };
  /** The reason why the job is a dead letter. Left out where it is none. */
  readonly dead?: {
    /** The reason. */
    readonly reason: DeadReason;
    /** The reason in words. */
    readonly message: string;
  };
}
