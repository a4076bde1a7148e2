import { AsyncResource } from 'node:async_hooks';
import type { Subscriber, Unsubscribable } from 'rxjs';
import { PushFailedError, WorkerLostError, type TimeLimit } from '../../errors/index.js';
import type { Runtime } from '../../driver/runtime.js';
import { toCallerError, type WireError, type ReviveError } from '../../protocol/wire/wire-error.js';
import type { ReplyFrame } from '../../protocol/wire/reply-frame.js';
import { IncomingStream, type Verdict } from './incoming-stream.js';
import type { CallEnd } from '../calls/call-end.js';
import type { RequestLimits } from '../calls/inheritance.js';
import { UNCONFIRMED_REASON, type JobSender } from '../sending/outgoing-job.js';
import { RequestTimers } from './request-timers.js';

/** Anything but the one reply. */
type StreamFrame = Exclude<ReplyFrame, { readonly kind: 'r' }>;

/** Who looks after what a request leads to. */
export interface RequestOwner {
  /** It is over, and no longer pending. */
  requestEnded(request: PendingRequest, end: CallEnd): void;
  /** @returns what Redis refuses its job with at the moment, if that is what it waits for. */
  refusalOf(request: PendingRequest): string | undefined;
  /** Its time was up: the owner finds out why, and explains it. */
  timedOut(request: PendingRequest, limit: TimeLimit, refusal: string | undefined): void;
  /** Code of the application threw, which is no end of anything. */
  threw(what: string, error: unknown): void;
}

/** Where a request is found while it waits. */
export interface RequestRegistry {
  readonly runtime: Runtime;
  add(request: PendingRequest): void;
  has(request: PendingRequest): boolean;
  /** @returns whether it was still pending: it settles only then. */
  remove(request: PendingRequest): boolean;
  /** Whether it expires by itself, without a timer of its own. */
  hasSharedTimer(request: PendingRequest): boolean;
}

/**
 * One request that waits: it owns its removal, and ends once. Its subscriber is called in the async
 * context that it was made in, and not in that of whoever reads the replies.
 */
export class PendingRequest extends AsyncResource implements JobSender, Unsubscribable {
  private readonly expiresAt: number | undefined;
  private readonly timers: RequestTimers | undefined;
  private stream: IncomingStream | undefined;
  private cleanups: (() => void)[] | undefined;

  constructor(
    readonly id: string,
    readonly queue: string,
    private readonly registry: RequestRegistry,
    private readonly owner: RequestOwner,
    private readonly subscriber: Subscriber<unknown>,
    readonly limits: RequestLimits,
    /** Whether it speaks to original workers. */
    readonly isOriginal = false,
  ) {
    super('ReqRepRequest');
    const { timeout, idleTimeout } = limits;
    if (timeout > 0) {
      // In whole ms, which take no memory of their own.
      this.expiresAt = Math.ceil(registry.runtime.now()) + timeout;
    }
    const ownTimeout = registry.hasSharedTimer(this) ? 0 : timeout;
    if (ownTimeout > 0 || idleTimeout > 0) {
      this.timers = new RequestTimers(this, ownTimeout, idleTimeout, registry.runtime);
    }
    registry.add(this);
  }

  timeLeft(): number | undefined {
    const { expiresAt } = this;
    return expiresAt === undefined ? undefined : expiresAt - this.registry.runtime.now();
  }

  /** @param release - lets go of something that it needs for as long as it waits. */
  onEnd(release: () => void): void {
    (this.cleanups ??= []).push(release);
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

  /** The job may or may not be in Redis: it waits on where a timeout will end it, and fails where none does. */
  pushUnconfirmed(): void {
    if (this.expiresAt === undefined) {
      this.fail(new PushFailedError(this.queue, UNCONFIRMED_REASON), 'unconfirmed');
    }
  }

  /** Ends it with an error. */
  fail(error: unknown, end: CallEnd): void {
    if (this.end(end)) {
      this.deliverError(error);
    }
  }

  /** Tells its caller why it has ended, when it is no longer pending. */
  deliverError(error: unknown): void {
    this.runInAsyncScope(this.error, this, error);
  }

  unsubscribe(): void {
    this.end('unsubscribed');
  }

  /** Its time is up: the owner delivers the error. */
  expire(limit: TimeLimit): void {
    const { owner } = this;
    const refusal = owner.refusalOf(this);
    if (this.end('timeout')) {
      owner.timedOut(this, limit, refusal);
    }
  }

  /**
   * The one door through which a request ends, whatever ends it: all that was attached is let go of, and its caller hears nothing.
   * @returns whether it was still pending.
   */
  end(end: CallEnd): boolean {
    if (!this.registry.remove(this)) {
      return false;
    }
    this.timers?.clear();
    // RxJS lets go of its list of teardowns as a whole. After a burst V8 makes such lists in the old generation, where
    // they would keep this request, and all that it refers to, from being collected young.
    this.subscriber.remove(this);
    this.cleanups?.forEach((release) => release());
    this.cleanups = undefined;
    this.owner.requestEnded(this, end);
    return true;
  }

  private take(frame: ReplyFrame, revive: ReviveError | undefined): void {
    if (frame.kind === 'r') {
      if (this.end('reply')) {
        this.next(frame.payload);
        this.complete();
      }
      return;
    }
    switch (this.judge(frame)) {
      case 'next':
        this.accept(frame, revive);
        break;
      case 'broken': {
        const { attempt = 1 } = this.stream ?? {};
        const values = this.received ?? 0;
        this.fail(new WorkerLostError(this.queue, this.id, attempt, values), 'broken stream');
        break;
      }
      case 'repeated':
    }
  }

  private judge(frame: StreamFrame): Verdict {
    if (frame.kind === 'e') {
      return this.stream ? this.stream.judgeError(frame) : 'next';
    }
    this.stream ??= new IncomingStream();
    return this.stream.judge(frame.position, frame.kind === 'n');
  }

  private accept(frame: StreamFrame, revive: ReviveError | undefined): void {
    if (frame.kind === 'n') {
      this.timers?.restartIdleTimer();
      this.next(frame.payload);
    } else if (frame.kind === 'c') {
      if (this.end('reply')) {
        this.complete();
      }
    } else if (this.end('error reply')) {
      this.error(this.revived(frame.error, revive));
    }
  }

  /** An error of the application that cannot be made again arrives as any other. */
  private revived(form: WireError, revive: ReviveError | undefined): Error {
    try {
      return toCallerError(form, this, revive);
    } catch (error) {
      this.owner.threw(`The class of an error from queue "${this.queue}"`, error);
      return toCallerError(form, this);
    }
  }

  private next(value: unknown): void {
    try {
      this.subscriber.next(value);
    } catch (error) {
      this.subscriberThrew(error);
    }
  }

  private complete(): void {
    try {
      this.subscriber.complete();
    } catch (error) {
      this.subscriberThrew(error);
    }
  }

  private error(reason: unknown): void {
    try {
      this.subscriber.error(reason);
    } catch (error) {
      this.subscriberThrew(error);
    }
  }

  private subscriberThrew(error: unknown): void {
    this.owner.threw(`A subscriber of a request to queue "${this.queue}"`, error);
  }
}
