import { AsyncResource } from 'node:async_hooks';
import type { Subscriber, Unsubscribable } from 'rxjs';
import { PushFailedError, WorkerLostError, type TimeLimit } from '../errors/index.js';
import { toCallerError, type ReviveError } from '../protocol/error-form.js';
import type { ReplyFrame } from '../protocol/reply-frame.js';
import { IncomingStream, type Verdict } from './incoming-stream.js';
import type { RequestLimits } from './inheritance.js';
import { UNCONFIRMED, type JobSender } from './outgoing-job.js';
import { OwnTimers } from './own-timers.js';

/** Anything but the one reply. */
type StreamFrame = Exclude<ReplyFrame, { readonly kind: 'r' }>;

/** Who hears that a request was given up before its end. It is no longer pending then. */
export interface RequestOwner {
  /** Its time is up. */
  timedOut(request: PendingRequest, limit: TimeLimit): void;
  /** Its subscriber has gone, or its stream broke: what its job still does is in vain. */
  givenUp(request: PendingRequest): void;
}

/** Where a request stands while it waits. */
export interface RequestRegistry {
  readonly owner: RequestOwner;
  add(request: PendingRequest): void;
  has(request: PendingRequest): boolean;
  /** @returns whether it was still pending: it settles only then. */
  remove(request: PendingRequest): boolean;
  /** Whether it expires by itself, without a timer of its own. */
  timesOut(request: PendingRequest): boolean;
}

/**
 * One request that waits: it owns its removal, and settles once. Its subscriber is called in the async
 * context that it was made in, and not in that of whoever reads the replies.
 */
export class PendingRequest extends AsyncResource implements JobSender, Unsubscribable {
  readonly expiresAt: number | undefined;
  private readonly timers: OwnTimers | undefined;
  private stream: IncomingStream | undefined;

  constructor(
    readonly id: string,
    readonly queue: string,
    private readonly registry: RequestRegistry,
    private readonly subscriber: Subscriber<unknown>,
    readonly limits: RequestLimits,
    /** Whether it speaks to original workers. */
    readonly isOriginal = false,
  ) {
    super('ReqRepRequest');
    const { timeout, idleTimeout } = limits;
    if (timeout > 0) {
      // In whole ms, which take no memory of their own.
      this.expiresAt = Math.ceil(performance.now()) + timeout;
    }
    const ownTimeout = registry.timesOut(this) ? 0 : timeout;
    if (ownTimeout > 0 || idleTimeout > 0) {
      this.timers = new OwnTimers(this, ownTimeout, idleTimeout);
    }
    registry.add(this);
  }

  receive(frame: ReplyFrame, revive?: ReviveError): void {
    this.runInAsyncScope(this.take, this, frame, revive);
  }

  /** How many values of its stream have come; `undefined` where it is none. */
  get received(): number | undefined {
    return this.stream?.count;
  }

  isWaiting(): boolean {
    return this.registry.has(this);
  }

  /** It may have been pushed: the reply or the timeout tells, where there is one. */
  unconfirmed(): void {
    if (this.expiresAt === undefined) {
      this.fail(new PushFailedError(this.queue, UNCONFIRMED));
    }
  }

  /** @returns whether it was still pending. */
  fail(error: unknown): boolean {
    const wasPending = this.settle();
    if (wasPending) {
      this.explain(error);
    }
    return wasPending;
  }

  /** Tells its caller why it was given up, when it is no longer pending. */
  explain(error: unknown): void {
    this.runInAsyncScope(this.subscriber.error, this.subscriber, error);
  }

  /** Its subscriber wants no more of it. */
  unsubscribe(): void {
    if (this.settle()) {
      this.registry.owner.givenUp(this);
    }
  }

  /** Ends the request without a word. @returns whether it was still pending. */
  cancel(): boolean {
    return this.settle();
  }

  private take(frame: ReplyFrame, revive: ReviveError | undefined): void {
    if (frame.kind === 'r') {
      if (this.settle()) {
        this.subscriber.next(frame.payload);
        this.subscriber.complete();
      }
      return;
    }
    switch (this.judge(frame)) {
      case 'next':
        this.accept(frame, revive);
        break;
      case 'broken':
        this.breakOff();
        break;
      case 'repeated':
    }
  }

  private judge(frame: StreamFrame): Verdict {
    if (frame.kind === 'e') {
      return frame.position && this.stream ? this.stream.judgeError(frame.position) : 'next';
    }
    this.stream ??= new IncomingStream();
    return this.stream.judge(frame.position, frame.kind === 'n');
  }

  private accept(frame: StreamFrame, revive: ReviveError | undefined): void {
    if (frame.kind === 'n') {
      this.timers?.refreshIdle();
      this.subscriber.next(frame.payload);
    } else if (this.settle()) {
      if (frame.kind === 'e') {
        this.subscriber.error(toCallerError(frame.error, this, revive));
      } else {
        this.subscriber.complete();
      }
    }
  }

  private breakOff(): void {
    if (this.settle()) {
      this.registry.owner.givenUp(this);
      const { attempt = 1 } = this.stream ?? {};
      this.explain(new WorkerLostError(this.queue, this.id, attempt, this.received ?? 0));
    }
  }

  /** Its time is up. */
  expire(limit: TimeLimit): void {
    if (this.settle()) {
      this.registry.owner.timedOut(this, limit);
    }
  }

  private settle(): boolean {
    this.timers?.clear();
    // RxJS lets go of its list of teardowns as a whole. After a burst V8 makes such lists in the old generation, where
    // they would keep this request, and all that it refers to, from being collected young.
    this.subscriber.remove(this);
    return this.registry.remove(this);
  }
}
