import { ReqRepError } from './reqrep.error.js';

/**
 * An option, an argument or the place of a decorator is wrong. Options of a module are checked before a connection is opened, those of a
 * call before its job is pushed.
 */
export class InvalidOptionError extends ReqRepError {
  static {
    this.prototype.name = 'InvalidOptionError';
  }

  /** Identifies the class of the error without `instanceof`. */
  readonly code = 'INVALID_OPTION';

  constructor(
    /** The option and its place, such as `concurrency in @OnJob("reports") of ReportWorker#render`. */
    readonly option: string,
    /** The expected value, in words. */
    readonly expected: string,
    /** The value that came instead, in words that show no secret. */
    readonly received: string,
    options?: ErrorOptions,
  ) {
    super(`Expected ${option} to be ${expected}, got ${received}`, options);
  }
}
