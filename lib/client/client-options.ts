import type { ReviveError } from '../protocol/error-form.js';

/** What a client needs to know, complete. */
export interface ClientOptions {
  /** ms a request may take unless the call says otherwise; `0` = no limit. */
  readonly timeout: number;
  /** Requests that may wait at a time. */
  readonly maxPending: number;
  /** Bytes of one encoded job. */
  readonly maxPayload: number;
  /** Turns the form of a remote error into an error of the application's framework. */
  readonly reviveError?: ReviveError | undefined;
}
