import { ReqRepError } from './reqrep.error.js';

/** The parts of an error that a handler threw, as far as they were sent. */
export interface RemoteFailure {
  /** The name of the error in the process of the worker, such as `TypeError`. */
  readonly name: string;
  /** The message of the error. */
  readonly message: string;
  /** The `code` of the error, where it has one. */
  readonly code?: string | number | undefined;
  /** The `details` of the error, where it has some that JSON can write. For an `HttpException` its body. */
  readonly details?: unknown;
  /** The HTTP status, where the error is an `HttpException`. */
  readonly status?: number | undefined;
  /** The stack in the process of the worker. Only where the worker has `exposeStack: true`. */
  readonly stack?: string | undefined;
}

/** The causes of an error that a handler threw. */
export interface ErrorReasons {
  /** The `cause` of the error. A cause that is an error becomes an error in the process of the caller, too. */
  readonly cause?: unknown;
  /** The `errors` of an `AggregateError`. */
  readonly errors?: readonly unknown[] | undefined;
}

/**
 * The handler threw an error. `message` is the message of the thrown error, `cause` and `errors` are its causes, and `remote` has the rest.
 *
 * In an application of Nest an `HttpException` comes back as an `HttpException` instead, and an error of a class among the option `errors`
 * as an error of this class.
 *
 * @example
 * ```ts
 * catchError((error) => {
 *   if (error instanceof RemoteError && error.remote.code === 'OUT_OF_STOCK') return of(null);
 *   throw error;
 * })
 * ```
 */
export class RemoteError extends ReqRepError {
  static {
    this.prototype.name = 'RemoteError';
  }

  /** Identifies the class of the error without `instanceof`. */
  readonly code = 'REMOTE';
  /** The errors of a thrown `AggregateError`. Left out for other errors. */
  declare readonly errors?: readonly unknown[];

  constructor(
    /** The queue whose handler threw. */
    readonly queue: string,
    /** The id of the job. */
    readonly id: string,
    /** The error that the handler threw. */
    readonly remote: RemoteFailure,
    reasons: ErrorReasons = {},
  ) {
    super(remote.message);
    addReasons(this, reasons);
  }
}

/** Sets the causes of an error as the language does: not enumerable, and left out where there is none. @internal */
export function addReasons(error: Error, reasons: ErrorReasons): void {
  for (const name of ['cause', 'errors'] as const) {
    const value = reasons[name];
    if (value !== undefined) {
      Object.defineProperty(error, name, { value, writable: true, configurable: true });
    }
  }
}
