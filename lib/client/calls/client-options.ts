import type { WorkersHere } from '../../errors/served-here.js';
import type { ReviveError } from '../../protocol/wire/wire-error.js';
import type { CheckedHeaders } from './outgoing-headers.js';

/** What a request takes over from the job inside whose handler it is made. */
export interface ParentJob {
  readonly headers: Readonly<Record<string, string>>;
  /** Aborts when nobody waits for the job any more. */
  readonly signal: AbortSignal;
  /** Whether its handler has returned: what it has left behind is on its own. */
  readonly hasEnded: boolean;
  /** ms until its deadline, never negative; `Infinity` where there is none. */
  timeLeft(): number;
}

/** What a client needs to know, complete. */
export interface ClientOptions {
  /** ms a request may take unless the call says otherwise; `0` = no limit. */
  readonly timeout: number;
  /** Requests that may wait at a time. */
  readonly maxPending: number;
  /** UTF-16 units of encoded jobs that may wait for Redis to confirm them at a time. */
  readonly maxPendingBytes: number;
  /** Bytes of one encoded job. */
  readonly maxPayload: number;
  /** Headers that a request made inside a handler takes over from the handler's job. */
  readonly inheritedHeaders?: readonly string[] | undefined;
  /** Headers of the application that each request and emit gets. */
  readonly outgoingHeaders?: CheckedHeaders | undefined;
  /** The job whose handler is running at the moment, if one is. */
  readonly parentJob?: (() => ParentJob | undefined) | undefined;
  /** What this process knows of its own workers on a queue; `undefined` where it has none there. */
  readonly workersHere?: ((queue: string) => WorkersHere | undefined) | undefined;
  /** Turns the form of a remote error into an error of the application's framework. */
  readonly reviveError?: ReviveError | undefined;
}
