import { ReqRepError } from './reqrep.error.js';

/** Which limit of a client was reached. */
export type PendingLimit = 'maxPending' | 'maxPendingBytes';

/** The client already waits for as many requests, or holds as many bytes of unsent jobs, as it may. The job was not pushed. */
export class PendingLimitError extends ReqRepError {
  static {
    this.prototype.name = 'PendingLimitError';
  }

  readonly code = 'PENDING_LIMIT';
  /** The client's limit, requests, where that was reached. */
  readonly maxPending: number | undefined;
  /** The client's limit, bytes, where that was reached. */
  readonly maxPendingBytes: number | undefined;

  /** @param most - the limit. */
  constructor(
    readonly queue: string,
    most: number,
    /** The option that sets the limit. */
    readonly limit: PendingLimit = 'maxPending',
  ) {
    super(
      `Request to queue "${queue}" was not sent: ${reason(limit, most)}. ` +
        `Send fewer requests at a time, or raise \`${limit}\`.`,
    );
    this.maxPending = limit === 'maxPending' ? most : undefined;
    this.maxPendingBytes = limit === 'maxPendingBytes' ? most : undefined;
  }
}

function reason(limit: PendingLimit, most: number): string {
  return limit === 'maxPending'
    ? `${most === 1 ? '1 request' : `${most} requests`} of this client already ${most === 1 ? 'waits' : 'wait'} for a reply`
    : `with it, the jobs of this client that Redis has not confirmed would exceed ${most} bytes`;
}
