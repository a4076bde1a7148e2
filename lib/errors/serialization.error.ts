import type { PayloadDirection } from './payload-too-large.error.js';
import { ReqRepError } from './reqrep.error.js';

/** What to send instead where nothing better is known. */
const PLAIN_DATA = 'plain data: strings, numbers, booleans, null, arrays and objects of these';

/** What more a {@link SerializationError} may say. */
export interface SerializationErrorOptions extends ErrorOptions {
  /** What to send instead, such as `` `[...set]` ``. */
  readonly instead?: string | undefined;
}

/**
 * A job's data or a handler's reply cannot be written as JSON (a cycle, a BigInt, a function), or would lose its content there
 * without a word (a `Map`, a `Set`, a promise, an error, a Buffer or other bytes), at whatever depth.
 */
export class SerializationError extends ReqRepError {
  static {
    this.prototype.name = 'SerializationError';
  }

  readonly code = 'SERIALIZATION';
  /** What to send instead, where that is known. */
  readonly instead: string | undefined;

  constructor(
    readonly queue: string,
    /** Whether the job or its reply could not be written. */
    readonly direction: PayloadDirection,
    /** What JSON had against it, and where. */
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
