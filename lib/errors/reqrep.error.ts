/** The codes of the errors that the library throws: one for each class. See {@link ReqRepError.code}. */
export type ReqRepErrorCode =
  | 'REQUEST_TIMEOUT'
  | 'REMOTE'
  | 'WORKER_LOST'
  | 'JOB_REMOVED'
  | 'NO_WORKERS'
  | 'QUEUE_FULL'
  | 'PENDING_LIMIT'
  | 'PAYLOAD_TOO_LARGE'
  | 'SERIALIZATION'
  | 'CLIENT_CLOSED'
  | 'WORKERS_CLOSED'
  | 'PUSH_FAILED'
  | 'INVALID_OPTION'
  | 'CONNECTION_FAILED'
  | 'DUPLICATE_HANDLER';

/**
 * The base class of the errors that the library throws. Branch on the class or on `code`, never on the message.
 *
 * @example
 * ```ts
 * catchError((error) =>
 *   error instanceof ReqRepError && error.code === 'REQUEST_TIMEOUT' ? of(fallback) : throwError(() => error),
 * );
 * ```
 */
export abstract class ReqRepError extends Error {
  /** Identifies the class of the error without `instanceof`. */
  abstract readonly code: ReqRepErrorCode;
}
