import { ReqRepError } from './reqrep.error.js';

/** The client was closed while the request waited, or was used after that. */
export class ClientClosedError extends ReqRepError {
  static {
    this.prototype.name = 'ClientClosedError';
  }

  readonly code = 'CLIENT_CLOSED';

  constructor(readonly queue: string) {
    super(
      `Request to queue "${queue}" failed because the client is closed: it was not sent, or its reply can no longer arrive. ` +
        `Send requests before the client or its application closes.`,
    );
  }
}
