/** The calls of a client since it was made, and those that have not ended. */
export interface RequestClientStats {
  /** Requests that wait for their end now. */
  readonly pending: number;
  /** Emitted jobs that Redis has not confirmed yet. */
  readonly pendingEmits: number;
  /** Requests that were made: by `request`, and by each subscription of `send`. */
  readonly requests: number;
  /** Emits that were made. */
  readonly emits: number;
  /** Requests that ended with their reply, or with the end of their stream. */
  readonly replies: number;
  /** Emits that Redis has confirmed. */
  readonly pushed: number;
  /** Requests that ended with an error of the handler, or of the worker. */
  readonly errors: number;
  /** Requests and emits that ran out of time. */
  readonly timeouts: number;
  /** Requests that were cancelled: unsubscribed, or aborted by a signal. */
  readonly cancelled: number;
  /** Requests and emits that were not sent, whose client was closed, or of which nobody knows whether Redis has their job. */
  readonly failed: number;
  /** Replies that arrived although no request waited for them. */
  readonly droppedReplies: number;
}
