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
  /** The HTTP status, where the error was an `HttpException`; `details` is its body then. */
  readonly status?: number | undefined;
  /** The stack in the worker's process; only when the worker runs with `exposeStack`. */
  readonly stack?: string | undefined;
}

/** What led to an error, as it was made anew at its caller. */
export interface ErrorReasons {
  /** The `cause` of the error; where it was an error, one that was made anew as its own caller would get it. */
  readonly cause?: unknown;
  /** The errors of an `AggregateError`. */
  readonly errors?: readonly unknown[] | undefined;
}

/**
 * The handler threw. `message` is that of the thrown error, `cause` and `errors` are what had led to it, and everything else of
 * it is in `remote`.
 */
export class RemoteError extends ReqRepError {
  static {
    this.prototype.name = 'RemoteError';
  }

  readonly code = 'REMOTE';
  /** The errors of a thrown `AggregateError`; absent for any other. */
  declare readonly errors?: readonly unknown[];

  constructor(
    /** The queue whose handler threw. */
    readonly queue: string,
    /** The id of the job. */
    readonly id: string,
    /** The error as the handler threw it. */
    readonly remote: RemoteFailure,
    reasons: ErrorReasons = {},
  ) {
    super(remote.message);
    addReasons(this, reasons);
  }
}

/** Gives an error what led to it, as the language does: not among its own fields, and absent where there is nothing. @internal */
export function addReasons(error: Error, reasons: ErrorReasons): void {
  for (const name of ['cause', 'errors'] as const) {
    const value = reasons[name];
    if (value !== undefined) {
      Object.defineProperty(error, name, { value, writable: true, configurable: true });
    }
  }
}
