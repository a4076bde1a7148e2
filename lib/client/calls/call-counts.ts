import { outcomeOf, type CallEnd } from './call-end.js';
import type { RequestClientStats } from './client-stats.js';

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
