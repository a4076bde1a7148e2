import { counted } from './counted.js';
import { ReqRepError } from './reqrep.error.js';

/** The option of a client whose limit is reached. */
export type PendingLimit = 'maxPending' | 'maxPendingBytes';

/**
 * The client waits for `maxPending` requests and emits already, or holds `maxPendingBytes` of jobs that Redis has not confirmed. The job was
 * not pushed.
 */
export class PendingLimitError extends ReqRepError {
  static {
    this.prototype.name = 'PendingLimitError';
  }

  /** Identifies the class of the error without `instanceof`. */
  readonly code = 'PENDING_LIMIT';
  /** The limit of requests and emits, if that limit was reached. */
  readonly maxPending: number | undefined;
  /** The limit of unconfirmed jobs in bytes, if that limit was reached. */
  readonly maxPendingBytes: number | undefined;

  /** @param most - The value of the limit. */
  constructor(
    /** The queue of the call. */
    readonly queue: string,
    most: number,
    /** The option that sets the limit. */
    readonly limit: PendingLimit = 'maxPending',
  ) {
    super(
      `Job for queue "${queue}" was not sent: ${reason(limit, most)}. ` +
        `Send fewer jobs at a time, or raise \`${limit}\`.`,
    );
    this.maxPending = limit === 'maxPending' ? most : undefined;
    this.maxPendingBytes = limit === 'maxPendingBytes' ? most : undefined;
  }
}

function reason(limit: PendingLimit, most: number): string {
  return limit === 'maxPending'
    ? `${counted(most, 'job')} of this client already ${most === 1 ? 'waits' : 'wait'} for a reply or confirmation`
    : `with it, the jobs of this client that Redis has not confirmed would exceed ${most} bytes`;
}
