/**
 * How a call ended.
 *
 * - `reply`: the caller got the reply, or the end of the stream
 * - `pushed`: Redis has the job of an emit
 * - `error`: the caller got an error of the handler, or of the worker
 * - `timeout`: no end within the time of the call
 * - `cancelled`: the caller unsubscribed, or its signal aborted
 * - `failed`: the job was not sent, the client was closed, or nobody knows whether Redis has the job
 */
export type CallOutcome = 'reply' | 'pushed' | 'error' | 'timeout' | 'cancelled' | 'failed';

/** One call of `send`, `request` or `emit`. All listeners get the same object, at its beginning and at its end. */
export interface CallMessage {
  /** Whether the caller waits for a reply. */
  readonly kind: 'request' | 'emit';
  /** The name of the instance: `default` unless the module has a `name`, `core` without Nest. */
  readonly instance: string;
  /** The server: `redis://host:port/database`, without user and password. */
  readonly server: string;
  /** The name of the queue. */
  readonly queue: string;
  /** The id of the job. */
  readonly id: string;
  /**
   * The headers that the job will have. A listener may add some while the call begins. `undefined` for a job of the original
   * protocol, which has none.
   */
  readonly headers: Record<string, string> | undefined;
  /** How the call ended; `undefined` before its end. */
  readonly outcome: CallOutcome | undefined;
  /** What the caller got in place of a reply; `undefined` where there is no error. */
  readonly error: unknown;
  /** How many values of a stream have arrived; `undefined` where the reply is no stream. */
  readonly values: number | undefined;
}
