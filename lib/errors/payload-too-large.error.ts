import { ReqRepError } from './reqrep.error.js';

/** Which way data travels: `request` = from the caller to the worker, `reply` = back. */
export type PayloadDirection = 'request' | 'reply';

/** An encoded job or reply is larger than the option `maxPayload` of the side that sends it. */
export class PayloadTooLargeError extends ReqRepError {
  static {
    this.prototype.name = 'PayloadTooLargeError';
  }

  /** Identifies the class of the error without `instanceof`. */
  readonly code = 'PAYLOAD_TOO_LARGE';

  constructor(
    /** The queue of the job. */
    readonly queue: string,
    /** Whether the job is too large, or its reply. */
    readonly direction: PayloadDirection,
    /** The size of the encoded job or reply, in bytes. */
    readonly size: number,
    /** The limit of the side that sends it, in bytes. */
    readonly maxPayload: number,
  ) {
    super(
      `The ${direction} ${direction === 'request' ? 'to' : 'from'} queue "${queue}" has ${size} bytes, but ` +
        `\`maxPayload\` allows ${maxPayload}. Send a reference to the data instead, or raise \`maxPayload\` in the ` +
        `process that sends the ${direction}.`,
    );
  }
}
