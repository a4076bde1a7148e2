import { randomUUID } from 'node:crypto';
import type { Subscriber } from 'rxjs';
import { toCallerError, type ReviveError } from '../protocol/error-form.js';
import type { ReplyFrame } from '../protocol/reply-frame.js';
import type { JobSender } from './outgoing-job.js';
import type { PendingRequests } from './pending-requests.js';

/** One request that waits: it owns its timer and its removal, and settles once. */
export class PendingRequest implements JobSender {
  readonly id = randomUUID();
  readonly expiresAt: number | undefined;
  private readonly timer: NodeJS.Timeout | undefined;

  /**
   * @param timeout - ms; `0` = no limit.
   * @param onTimeout - called when the time is up; the request is no longer pending then.
   */
  constructor(
    readonly queue: string,
    private readonly registry: PendingRequests,
    private readonly subscriber: Subscriber<unknown>,
    timeout: number,
    onTimeout: (request: PendingRequest) => void,
  ) {
    registry.add(this);
    if (timeout > 0) {
      this.expiresAt = performance.now() + timeout;
      this.timer = setTimeout(() => {
        if (this.settle()) {
          onTimeout(this);
        }
      }, timeout);
    }
  }

  receive(frame: ReplyFrame, revive?: ReviveError): void {
    if (frame.kind === 'n') {
      this.subscriber.next(frame.payload);
      return;
    }
    if (!this.settle()) {
      return;
    }
    if (frame.kind === 'e') {
      this.subscriber.error(toCallerError(frame.error, this, revive));
      return;
    }
    if (frame.kind === 'r') {
      this.subscriber.next(frame.payload);
    }
    this.subscriber.complete();
  }

  isWaiting(): boolean {
    return this.registry.has(this);
  }

  pushed(): void {
    // The reply is what its caller waits for.
  }

  unconfirmed(): void {
    // It may have been pushed: the reply or the timeout tells.
  }

  fail(error: unknown): void {
    if (this.settle()) {
      this.subscriber.error(error);
    }
  }

  /** Gives the request up without an end: its subscriber has gone. */
  cancel(): void {
    this.settle();
  }

  private settle(): boolean {
    clearTimeout(this.timer);
    return this.registry.remove(this);
  }
}
