import { ReqRepError } from './reqrep.error.js';

/** An option is wrong; names it, what was expected and what came. Raised before any connection is opened. */
export class InvalidOptionError extends ReqRepError {
  static {
    this.prototype.name = 'InvalidOptionError';
  }

  readonly code = 'INVALID_OPTION';

  constructor(
    /** The option and its place, such as `concurrency in @OnJob("reports") of ReportWorker#render`. */
    readonly option: string,
    /** What was expected. */
    readonly expected: string,
    /** What came, as text; never a secret. */
    readonly received: string,
    options?: ErrorOptions,
  ) {
    super(`Expected ${option} to be ${expected}, got ${received}`, options);
  }
}
