import { ReqRepError } from './reqrep.error.js';

/** An error as its handler threw it, in the form in which it travelled. */
export interface RemoteFailure {
  /** The name of the error in the worker's process, such as `TypeError`. */
  readonly name: string;
  readonly message: string;
  /** The `code` of the error, where it had one. */
  readonly code?: string | number | undefined;
  /** The `details` of the error, where it had some that can be written as JSON. */
  readonly details?: unknown;
  /** The stack in the worker's process; only when the worker runs with `exposeStack`. */
  readonly stack?: string | undefined;
}

/** The handler threw. `message` is that of the thrown error, everything else of it is in `remote`. */
export class RemoteError extends ReqRepError {
  static {
    this.prototype.name = 'RemoteError';
  }

  readonly code = 'REMOTE';

  constructor(
    /** The queue whose handler threw. */
    readonly queue: string,
    /** The id of the job. */
    readonly id: string,
    /** The error as the handler threw it. */
    readonly remote: RemoteFailure,
  ) {
    super(remote.message);
  }
}
