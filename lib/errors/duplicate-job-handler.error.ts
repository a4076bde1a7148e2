import { ReqRepError } from './reqrep.error.js';

/** Two handlers serve the same queue of the same instance. Thrown before a connection is opened. */
export class DuplicateJobHandlerError extends ReqRepError {
  static {
    this.prototype.name = 'DuplicateJobHandlerError';
  }

  /** Identifies the class of the error without `instanceof`. */
  readonly code = 'DUPLICATE_HANDLER';

  constructor(
    /** The queue. */
    readonly queue: string,
    /** Both handlers, as `Class#method in Module`; without Nest, the names of the functions. */
    readonly handlers: readonly [string, string],
    /** An alternative for one of the handlers, for the message. */
    remedy = 'another queue or `instance`',
  ) {
    super(
      `Queue "${queue}" has two handlers: ${handlers[0]} and ${handlers[1]}. ` +
        `Remove one, or give one of them ${remedy}.`,
    );
  }
}
