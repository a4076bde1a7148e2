import { ReqRepError } from './reqrep.error.js';

/** Two handlers claim one queue of one instance. Raised before any connection is opened. */
export class DuplicateJobHandlerError extends ReqRepError {
  static {
    this.prototype.name = 'DuplicateJobHandlerError';
  }

  readonly code = 'DUPLICATE_HANDLER';

  constructor(
    readonly queue: string,
    /** Both handlers, as `Class#method in Module`; without Nest, the names of the functions. */
    readonly handlers: readonly [string, string],
    /** What one of them may be given instead. */
    remedy = 'another queue or `instance`',
  ) {
    super(
      `Queue "${queue}" has two handlers: ${handlers[0]} and ${handlers[1]}. ` +
        `Remove one, or give one of them ${remedy}.`,
    );
  }
}
