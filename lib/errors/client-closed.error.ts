import { ReqRepError } from './reqrep.error.js';

/** The client was closed while the request waited, or was used after that. */
export class ClientClosedError extends ReqRepError {
  static {
    this.prototype.name = 'ClientClosedError';
  }

  readonly code = 'CLIENT_CLOSED';

  constructor(readonly queue: string) {
    super(
      `The client is closed: a request for queue "${queue}" was not sent, or cannot be answered any more.`,
    );
  }
}
