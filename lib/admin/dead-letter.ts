import type { RemoteFailure } from '../errors/index.js';
import type { DeadReason } from '../protocol/dead-reason.js';

/** A job that is not run any more, and why. */
export interface DeadLetter {
  /**
   * The id of the letter, which stays the same until it is retried or removed. The id of its job may come twice among dead letters: the
   * job may have been retried and have failed again. A letter of a worker of an earlier version has an id that begins with `old-`.
   */
  readonly id: string;
  /** The id of the job; `undefined` where the job cannot be read. */
  readonly jobId: string | number | undefined;
  /** Why the job is not run any more. */
  readonly reason: DeadReason;
  /** The reason in words; for a job that has failed the message of its error. */
  readonly message: string;
  /**
   * What the handler of a job that has failed threw, with its stack, and its reasons as plain objects in `cause` and `errors`; `undefined`
   * for other reasons.
   */
  readonly error: RemoteFailure | undefined;
  /** How often workers started the job; `undefined` where that is unknown, such as for a text that is no job. */
  readonly attempts: number | undefined;
  /** The id of the worker that had the job last. */
  readonly worker: string;
  /** When the job became a dead letter: ms since the epoch, by the clock of Redis. */
  readonly at: number;
  /** The data of the job; `undefined` where the job cannot be read. */
  readonly data: unknown;
  /** The headers of the job; `{}` where there are none. */
  readonly headers: Readonly<Record<string, string>>;
  /** The text of the job, exactly as it was in its queue. */
  readonly text: string;
}
