/** What {@link ReqRepError.code} can be. */
export type ReqRepErrorCode =
  | 'REQUEST_TIMEOUT'
  | 'REMOTE'
  | 'WORKER_LOST'
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
 * The base of every error this library raises. Branch on the class or on `code`, never on the text.
 *
 * @example
 * ```ts
 * catchError((error) =>
 *   error instanceof ReqRepError && error.code === 'REQUEST_TIMEOUT' ? of(fallback) : throwError(() => error),
 * );
 * ```
 */
export abstract class ReqRepError extends Error {
  abstract readonly code: ReqRepErrorCode;
}
