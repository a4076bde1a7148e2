import { AsyncResource } from 'node:async_hooks';
import { Observable, type Subscriber } from 'rxjs';
import { messageOf } from '../../errors/error-text.js';
import { PushFailedError, RequestTimeoutError } from '../../errors/index.js';
import type { Runtime, Timer } from '../../driver/runtime.js';
import type { Log } from '../../telemetry/log.js';
import type { ApplicationCode } from '../calls/application-code.js';
import type { CallEnd } from '../calls/call-end.js';
import { UNCONFIRMED_REASON, type JobSender } from '../sending/outgoing-job.js';
import type { PushReceipt } from '../calls/push-receipt.js';

/** Who hears of the end of an emit. */
export interface EmitOwner {
  readonly runtime: Runtime;
  /** It waits no more. */
  emitEnded(emit: PendingEmit, end: CallEnd): void;
  /** @returns what Redis refuses its job with at the moment, if that is what it waits for. */
  refusalOf(emit: PendingEmit): string | undefined;
  /** Why Redis cannot be used at the moment, if it cannot. */
  readonly trouble: Error | undefined;
}

/** Tells a subscriber how the emit ended. */
type Tell = (subscriber: Subscriber<PushReceipt>) => void;

/** A job without a reply that waits for its receipt, which it hands on in the async context that it was made in. */
export class PendingEmit extends AsyncResource implements JobSender {
  private expiresAt: number | undefined;
  private timer: Timer | undefined;
  private owner: EmitOwner | undefined;
  private hasEnded = false;
  private subscribers: Subscriber<PushReceipt>[] = [];
  /** How it ended, once that was told. */
  private tell: Tell | undefined;

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

  /** Its receipt, for each subscriber: one that throws keeps it from no other. */
  get receipt$(): Observable<PushReceipt> {
    return new Observable((subscriber) => {
      if (this.tell) {
        this.tell(subscriber);
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
      const tell: Tell = (subscriber) => {
        try {
          subscriber.next(receipt);
        } finally {
          subscriber.complete();
        }
      };
      this.runInAsyncScope(this.tellAll, this, tell);
    }
  }

  pushUnconfirmed(): void {
    this.fail(new PushFailedError(this.queue, UNCONFIRMED_REASON), 'unconfirmed');
  }

  /** An error that nobody listens for is logged, once the caller had the chance to subscribe. */
  fail(error: unknown, end: CallEnd): void {
    if (this.end(end)) {
      this.runInAsyncScope(queueMicrotask, undefined, () => {
        if (this.subscribers.length === 0) {
          this.log.repeated(`emit failed: ${this.queue}`, 'warn', messageOf(error));
        }
        this.tellAll((subscriber) => subscriber.error(error));
      });
    }
  }

  private expire(timeout: number, owner: EmitOwner): void {
    const { queue, id } = this;
    const refusal = owner.refusalOf(this);
    const details = { queue, id, timeout, refusal, trouble: owner.trouble, isEmit: true };
    this.fail(new RequestTimeoutError(details), 'timeout');
  }

  private tellAll(tell: Tell): void {
    this.tell = tell;
    const { subscribers } = this;
    this.subscribers = [];
    for (const subscriber of subscribers) {
      this.code.run(`A subscriber of a receipt from queue "${this.queue}"`, () => tell(subscriber));
    }
  }

  /** The one door through which it ends, whatever ends it. @returns whether it still waited. */
  private end(end: CallEnd): boolean {
    if (this.hasEnded) {
      return false;
    }
    this.hasEnded = true;
    this.owner?.runtime.clear(this.timer);
    this.owner?.emitEnded(this, end);
    return true;
  }
}
