import { outcomeOf, type CallEnd } from './call-end.js';

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

/** Counts the calls of a client. A call with a wrong queue or option does not count. */
export class CallCounts {
  requests = 0;
  emits = 0;
  private readonly ends = { reply: 0, pushed: 0, error: 0, timeout: 0, cancelled: 0, failed: 0 };

  ended(end: CallEnd): void {
    this.ends[outcomeOf(end)]++;
  }

  get stats(): Omit<RequestClientStats, 'pending' | 'pendingEmits' | 'droppedReplies'> {
    const { requests, emits, ends } = this;
    const { reply: replies, pushed, error: errors, timeout: timeouts, cancelled, failed } = ends;
    return { requests, emits, replies, pushed, errors, timeouts, cancelled, failed };
  }
}
