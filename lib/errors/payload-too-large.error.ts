import { ReqRepError } from './reqrep.error.js';

/** Which way a payload was going: from the caller to a worker, or back. */
export type PayloadDirection = 'request' | 'reply';

/** An encoded job or reply is larger than `maxPayload`. */
export class PayloadTooLargeError extends ReqRepError {
  static {
    this.prototype.name = 'PayloadTooLargeError';
  }

  readonly code = 'PAYLOAD_TOO_LARGE';

  constructor(
    readonly queue: string,
    /** Whether the job or its reply was too large. */
    readonly direction: PayloadDirection,
    /** How large it is when encoded, bytes. */
    readonly size: number,
    /** The limit of the side that wrote it, bytes. */
    readonly maxPayload: number,
  ) {
    super(
      `The ${direction} ${direction === 'request' ? 'to' : 'from'} queue "${queue}" has ${size} bytes, but ` +
        `\`maxPayload\` allows ${maxPayload}. Send a reference to the data instead, or raise \`maxPayload\` in the ` +
        `process that sends the ${direction}.`,
    );
  }
}
