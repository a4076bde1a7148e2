import { ReqRepError } from './reqrep.error.js';

/** The client already waits for `maxPending` requests. The job was not pushed. */
export class PendingLimitError extends ReqRepError {
  static {
    this.prototype.name = 'PendingLimitError';
  }

  readonly code = 'PENDING_LIMIT';

  constructor(
    readonly queue: string,
    /** The client's limit, requests. */
    readonly maxPending: number,
  ) {
    super(
      `A request for queue "${queue}" was refused: ${maxPending} requests of this client are waiting already. ` +
        `Send fewer at a time, or raise \`maxPending\`.`,
    );
  }
}
