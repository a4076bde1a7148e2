import { AsyncResource } from 'node:async_hooks';
import { Observable, type Subscriber } from 'rxjs';
import { messageOf } from '../../errors/error-text.js';
import { PushFailedError, RequestTimeoutError } from '../../errors/index.js';
import type { Runtime, Timer } from '../../driver/runtime.js';
import type { Log } from '../../telemetry/log.js';
import type { ApplicationCode } from '../calls/application-code.js';
import type { CallTrace } from '../../telemetry/call-trace.js';
import { traceEnd, type CallEnd } from '../calls/call-end.js';
import { UNCONFIRMED_REASON, type JobSender } from '../sending/outgoing-job.js';
import type { PushReceipt } from '../calls/push-receipt.js';

/** The part of the client that is notified when an emit ends. */
export interface EmitOwner {
  readonly runtime: Runtime;
  /** Is called once, when the emit ends. */
  emitEnded(emit: PendingEmit, end: CallEnd): void;
  /** @returns why Redis refuses its job at the moment; `undefined` if the job does not wait because of a refusal. */
  refusalOf(emit: PendingEmit): string | undefined;
  /** The reason why Redis cannot be used at the moment; `undefined` if it can. */
  readonly trouble: Error | undefined;
}

/** Notifies a subscriber of the outcome. */
type Notify = (subscriber: Subscriber<PushReceipt>) => void;

/** An emitted job that waits for its receipt. Subscribers are notified in the async context of the call. */
export class PendingEmit extends AsyncResource implements JobSender {
  /** Told the end of the emit, where somebody listens. */
  trace: CallTrace | undefined;
  private expiresAt: number | undefined;
  private timer: Timer | undefined;
  private owner: EmitOwner | undefined;
  private hasEnded = false;
  private subscribers: Subscriber<PushReceipt>[] = [];
  /** The outcome, once subscribers were notified. */
  private notify: Notify | undefined;

  constructor(
    readonly id: string,
    readonly queue: string,
    private readonly log: Log,
    private readonly code: ApplicationCode,
  ) {
    super('ReqRepEmit');
  }

  /** @param timeout - ms; `0` = no limit. */
  start(timeout: number, owner: EmitOwner): void {
    this.owner = owner;
    if (timeout > 0) {
      this.expiresAt = owner.runtime.now() + timeout;
      this.timer = owner.runtime.setTimeout(() => this.expire(timeout, owner), timeout);
    }
  }

  /** The receipt. A subscriber that throws does not affect the others. */
  get receipt$(): Observable<PushReceipt> {
    return new Observable((subscriber) => {
      if (this.notify) {
        this.notify(subscriber);
        return undefined;
      }
      this.subscribers.push(subscriber);
      return () => {
        this.subscribers = this.subscribers.filter((each) => each !== subscriber);
      };
    });
  }

  timeLeft(): number | undefined {
    const { expiresAt, owner } = this;
    return expiresAt === undefined || !owner ? undefined : expiresAt - owner.runtime.now();
  }

  isWaiting(): boolean {
    return !this.hasEnded;
  }

  pushed(receipt: PushReceipt): void {
    if (this.end('pushed')) {
      const notify: Notify = (subscriber) => {
        try {
          subscriber.next(receipt);
        } finally {
          subscriber.complete();
        }
      };
      this.runInAsyncScope(this.notifyAll, this, notify);
    }
  }

  pushUnconfirmed(): void {
    this.fail(new PushFailedError(this.queue, UNCONFIRMED_REASON), 'unconfirmed');
  }

  /** Fails the emit. The error is logged if nobody has subscribed by the end of this microtask queue. */
  fail(error: unknown, end: CallEnd): void {
    if (this.end(end)) {
      this.trace?.failed(error);
      this.runInAsyncScope(queueMicrotask, undefined, () => {
        if (this.subscribers.length === 0) {
          this.log.repeated(`emit failed: ${this.queue}`, 'warn', messageOf(error));
        }
        this.notifyAll((subscriber) => subscriber.error(error));
      });
    }
  }

  private expire(timeout: number, owner: EmitOwner): void {
    const { queue, id } = this;
    const refusal = owner.refusalOf(this);
    const details = { queue, id, timeout, refusal, trouble: owner.trouble, isEmit: true };
    this.fail(new RequestTimeoutError(details), 'timeout');
  }

  private notifyAll(notify: Notify): void {
    this.notify = notify;
    const { subscribers } = this;
    this.subscribers = [];
    for (const subscriber of subscribers) {
      this.code.run(`A subscriber of a receipt from queue "${this.queue}"`, () =>
        notify(subscriber),
      );
    }
  }

  /** Ends the emit; every end goes through here. @returns whether it was still pending. */
  private end(end: CallEnd): boolean {
    if (this.hasEnded) {
      return false;
    }
    this.hasEnded = true;
    this.owner?.runtime.clear(this.timer);
    if (this.trace) {
      traceEnd(this.trace, end);
    }
    this.owner?.emitEnded(this, end);
    return true;
  }
}
