import type { DeadReason } from '../protocol/dead-job.js';

/** `waiting` in its queue, `running` in a worker, or `ended`: see {@link TestJobEnd}. */
export type TestJobState = 'waiting' | 'running' | 'ended';

/**
 * How a job ended:
 *
 * - `replied`: with the reply of its handler, or with the end of its stream
 * - `failed`: with an error for its caller, see {@link TestJob.error}
 * - `dead letter`: in the dead list of its queue, see {@link TestJob.dead}
 * - `cancelled`: its caller stopped waiting before there was a reply
 * - `expired`: its deadline passed before there was a reply
 * - `unanswered`: it was run, and nobody was told how that ended, since it was emitted. That its handler threw is in the log only.
 */
export type TestJobEnd =
  'replied' | 'failed' | 'dead letter' | 'cancelled' | 'expired' | 'unanswered';

/** A job that was sent in a test. */
export interface TestJob {
  readonly id: string | number;
  readonly data: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly state: TestJobState;
  /**
   * How often a worker took it. One that is `waiting` although it was taken before was given back, by a worker that was paused or
   * stopped, or was taken from a worker that was lost.
   */
  readonly deliveries: number;
  /** The values of its stream, so far as they were sent. */
  readonly values: readonly unknown[];
  /** How it ended; absent while it waits or runs. */
  readonly end?: TestJobEnd;
  /** What it was answered with, though it may have been too late; absent where it was not, and for streams. */
  readonly reply?: unknown;
  /** The error that it was answered with, as it travels; absent where it was not. */
  readonly error?: { readonly name: string; readonly message: string };
  /** Why it is in the dead list; absent where it is not. */
  readonly dead?: { readonly reason: DeadReason; readonly message: string };
}
