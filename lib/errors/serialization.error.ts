import type { PayloadDirection } from './payload-too-large.error.js';
import { ReqRepError } from './reqrep.error.js';

/** A job's data or a handler's reply cannot be written as JSON: a cycle, a BigInt, a function. */
export class SerializationError extends ReqRepError {
  static {
    this.prototype.name = 'SerializationError';
  }

  readonly code = 'SERIALIZATION';

  constructor(
    readonly queue: string,
    /** Whether the job or its reply could not be written. */
    readonly direction: PayloadDirection,
    /** What JSON had against it. */
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `The ${direction} ${direction === 'request' ? 'to' : 'from'} queue "${queue}" cannot be written as JSON: ${reason}. ` +
        `Send plain data: texts, numbers, booleans, null, arrays and objects of these.`,
      options,
    );
  }
}
