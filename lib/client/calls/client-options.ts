import type { WorkersHere } from '../../errors/served-here.js';
import type { ReviveError } from '../../protocol/wire/wire-error.js';
import type { CheckedHeaders } from './outgoing-headers.js';

/** The job whose handler makes a request, as far as the request inherits from it. */
export interface ParentJob {
  readonly headers: Readonly<Record<string, string>>;
  /** Aborts when the caller no longer waits for the job. */
  readonly signal: AbortSignal;
  /** Whether the handler of the job has returned. Code that the handler left running inherits nothing. */
  readonly hasEnded: boolean;
  /** ms until its deadline, never negative; `Infinity` without a deadline. */
  timeLeft(): number;
}

/** Options of a client, with all defaults applied. */
export interface ClientOptions {
  /** Default timeout of a request, ms; `0` = no limit. */
  readonly timeout: number;
  /** Maximum number of pending requests. */
  readonly maxPending: number;
  /** UTF-16 units of encoded jobs that Redis has not confirmed, at most. */
  readonly maxPendingBytes: number;
  /** Bytes of one encoded job, at most. */
  readonly maxPayload: number;
  /** Names of the headers that a request made inside a handler inherits from the handler's job. */
  readonly inheritedHeaders?: readonly string[] | undefined;
  /** Headers that the application adds to each request and emit. */
  readonly outgoingHeaders?: CheckedHeaders | undefined;
  /** Returns the job whose handler is running in the current async context. */
  readonly parentJob?: (() => ParentJob | undefined) | undefined;
  /** Returns what this process knows of its own workers of a queue; `undefined` if it has none. */
  readonly workersHere?: ((queue: string) => WorkersHere | undefined) | undefined;
  /** Turns an error from the wire into an error of the application's framework. */
  readonly reviveError?: ReviveError | undefined;
}
