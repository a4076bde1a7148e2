import { ReqRepError } from './reqrep.error.js';

/**
 * The client was closed while a request waited for its reply or an emit for its confirmation, or the client was used after that. The
 * job of a request that waited may have been run, or may still be run.
 */
export class ClientClosedError extends ReqRepError {
  static {
    this.prototype.name = 'ClientClosedError';
  }

  /** Identifies the class of the error without `instanceof`. */
  readonly code = 'CLIENT_CLOSED';

  constructor(
    /** The queue of the call. */
    readonly queue: string,
  ) {
    super(
      `Job for queue "${queue}" was not sent, or its reply or confirmation can no longer arrive, because the client is closed. ` +
        `Send jobs before the client or its application closes.`,
    );
  }
}
