import { ReqRepError } from './reqrep.error.js';

/**
 * The job could not be pushed: Redis answered with an error that does not pass by itself (no permission, wrong type). A job
 * that must not be pushed twice (`maxDeliveries: 1`) ends so, too, when nobody waits for its reply and the
 * connection broke before Redis confirmed it.
 */
export class PushFailedError extends ReqRepError {
  static {
    this.prototype.name = 'PushFailedError';
  }

  readonly code = 'PUSH_FAILED';

  constructor(
    readonly queue: string,
    /** The server's own words, or what happened to the connection. */
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `A job for queue "${queue}" could not be pushed: ${reason}. Fix that, then send it again.`,
      options,
    );
  }
}
