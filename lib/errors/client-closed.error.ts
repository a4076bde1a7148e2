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
      `Request to queue "${queue}" failed because the client is closed: it was not sent, or its reply can no longer arrive. ` +
        `Send requests before the client or its application closes.`,
    );
  }
}
