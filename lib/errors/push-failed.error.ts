import { ReqRepError } from './reqrep.error.js';

/**
 * Redis refused to push the job, by an error that does not pass by itself, such as a missing permission or a key of another type.
 *
 * A job with `maxDeliveries: 1` is not pushed twice: where nobody waits for its reply and the connection is lost before Redis has
 * confirmed the job, the call ends with this error, too, and the job may be in the queue.
 */
export class PushFailedError extends ReqRepError {
  static {
    this.prototype.name = 'PushFailedError';
  }

  /** Identifies the class of the error without `instanceof`. */
  readonly code = 'PUSH_FAILED';

  constructor(
    /** The queue of the job. */
    readonly queue: string,
    /** The error as Redis words it, or what happened to the connection. */
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`A job for queue "${queue}" could not be pushed: ${reason}`, options);
  }
}
