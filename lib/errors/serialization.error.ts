import type { PayloadDirection } from './payload-too-large.error.js';
import { ReqRepError } from './reqrep.error.js';

/** The advice where no better one is known. */
const PLAIN_DATA = 'plain data: strings, numbers, booleans, null, arrays and objects of these';

/** Options of a {@link SerializationError}. */
export interface SerializationErrorOptions extends ErrorOptions {
  /** The value to send instead, such as `` `[...set]` ``. */
  readonly instead?: string | undefined;
}

/**
 * JSON cannot write the data of a job or a reply (a cycle, a BigInt, a function), or would lose its content without an error (a `Map`, a
 * `Set`, a promise, an error, a `Buffer` or other bytes), at whatever depth.
 */
export class SerializationError extends ReqRepError {
  static {
    this.prototype.name = 'SerializationError';
  }

  /** Identifies the class of the error without `instanceof`. */
  readonly code = 'SERIALIZATION';
  /** The value to send instead, where one is known. */
  readonly instead: string | undefined;

  constructor(
    /** The queue of the job. */
    readonly queue: string,
    /** Whether the data of the job cannot be written, or the reply. */
    readonly direction: PayloadDirection,
    /** The reason why JSON cannot write the value, and its path in the data. */
    readonly reason: string,
    options?: SerializationErrorOptions,
  ) {
    super(
      `The ${direction} ${direction === 'request' ? 'to' : 'from'} queue "${queue}" cannot be written as JSON: ${reason}. ` +
        `Send ${options?.instead ?? PLAIN_DATA}.`,
      options,
    );
    this.instead = options?.instead;
  }
}
