import { AsyncResource } from 'node:async_hooks';
import type { Subscriber, Unsubscribable } from 'rxjs';
import { PushFailedError, WorkerLostError, type TimeLimit } from '../../errors/index.js';
import type { Runtime } from '../../driver/runtime.js';
import { toCallerError, type WireError, type ReviveError } from '../../protocol/wire/wire-error.js';
import type { ReplyFrame } from '../../protocol/wire/reply-frame.js';
import { IncomingStream, type Verdict } from './incoming-stream.js';
import type { CallTrace } from '../../telemetry/call-trace.js';
import { traceEnd, type CallEnd } from '../calls/call-end.js';
import type { RequestLimits } from '../calls/inheritance.js';
import { UNCONFIRMED_REASON, type JobSender } from '../sending/outgoing-job.js';
import { RequestTimers } from './request-timers.js';

/** Any frame but a single reply. */
type StreamFrame = Exclude<ReplyFrame, { readonly kind: 'r' }>;

/** The part of the client that handles the consequences of a request's end. */
export interface RequestOwner {
  /** Is called once, when the request has ended and is no longer pending. */
  requestEnded(request: PendingRequest, end: CallEnd): void;
  /** @returns why Redis refuses its job at the moment; `undefined` if the job does not wait because of a refusal. */
  refusalOf(request: PendingRequest): string | undefined;
  /** Finds out why the request timed out, and delivers the error. */
  timedOut(request: PendingRequest, limit: TimeLimit, refusal: string | undefined): void;
  /** Logs an exception of application code, which does not end the request. */
  threw(what: string, error: unknown): void;
}

/** The registry of pending requests. */
export interface RequestRegistry {
  readonly runtime: Runtime;
  add(request: PendingRequest): void;
  has(request: PendingRequest): boolean;
  /** @returns whether the request was still pending; it may end only then. */
  remove(request: PendingRequest): boolean;
  /** Whether the registry's own timer ends the request at its timeout. */
  hasSharedTimer(request: PendingRequest): boolean;
}

/**
 * One pending request. It removes itself from the registry and ends exactly once. Its subscriber is called in the async context of
 * the call, not in that of the loop that reads replies.
 */
export class PendingRequest extends AsyncResource implements JobSender, Unsubscribable {
  /** Told the end of the request, where somebody listens. */
  trace: CallTrace | undefined;
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
    /** Whether the request is for workers of the original protocol. */
    readonly isOriginal = false,
  ) {
    super('ReqRepRequest');
    const { timeout, idleTimeout } = limits;
    if (timeout > 0) {
      // An integer, which V8 stores without extra memory.
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

  /** @param release - is called when the request ends. */
  onEnd(release: () => void): void {
    (this.cleanups ??= []).push(release);
  }

  receive(frame: ReplyFrame, revive?: ReviveError): void {
    this.runInAsyncScope(this.take, this, frame, revive);
  }

  /** Number of values of the stream that have arrived; `undefined` if the reply is not a stream. */
  get received(): number | undefined {
    return this.stream?.count;
  }

  isWaiting(): boolean {
    return this.registry.has(this);
  }

  /** Handles a job that may or may not be in Redis: keeps waiting if a timeout will end the request, else fails. */
  pushUnconfirmed(): void {
    if (this.expiresAt === undefined) {
      this.fail(new PushFailedError(this.queue, UNCONFIRMED_REASON), 'unconfirmed');
    }
  }

  /** Ends the request with an error. */
  fail(error: unknown, end: CallEnd): void {
    if (this.end(end)) {
      this.deliverError(error);
    }
  }

  /** Delivers the error of a request that has already ended. */
  deliverError(error: unknown): void {
    this.runInAsyncScope(this.error, this, error);
  }

  unsubscribe(): void {
    this.end('unsubscribed');
  }

  /** Ends the request at one of its time limits. The owner delivers the error. */
  expire(limit: TimeLimit): void {
    const { owner } = this;
    const refusal = owner.refusalOf(this);
    if (this.end('timeout')) {
      owner.timedOut(this, limit, refusal);
    }
  }

  /**
   * Ends the request and releases its resources; every end goes through here. It does not notify the subscriber.
   * @returns whether it was still pending.
   */
  end(end: CallEnd): boolean {
    if (!this.registry.remove(this)) {
      return false;
    }
    this.timers?.clear();
    // RxJS drops its list of teardowns only as a whole. After a burst, V8 allocates such lists in the old generation, where
    // they would keep this request, and everything it refers to, from being garbage-collected young.
    this.subscriber.remove(this);
    this.cleanups?.forEach((release) => release());
    this.cleanups = undefined;
    if (this.trace) {
      traceEnd(this.trace, end, this.received);
    }
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

  /** Builds the error. If the registered class of the application throws, the error becomes a `RemoteError`. */
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
    this.trace?.failed(reason);
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
