import { AsyncResource } from 'node:async_hooks';
import { AsyncSubject, type Observable } from 'rxjs';
import { PushFailedError, RequestTimeoutError } from '../errors/index.js';
import type { Log } from '../observability/log.js';
import { UNCONFIRMED, type JobSender } from './outgoing-job.js';
import type { PushReceipt } from './push-receipt.js';

/** A job without a reply that waits for its receipt, which it hands on in the async context that it was made in. */
export class PendingEmit extends AsyncResource implements JobSender {
  expiresAt: number | undefined;
  private readonly receipt = new AsyncSubject<PushReceipt>();
  private timer: NodeJS.Timeout | undefined;
  private isSettled = false;
  private onSettled: (() => void) | undefined;

  constructor(
    readonly id: string,
    readonly queue: string,
    private readonly log: Log,
  ) {
    super('ReqRepEmit');
  }

  /**
   * @param timeout - ms; `0` = no limit.
   * @param onSettled - hears that it waits no more.
   */
  start(timeout: number, onTimeout: () => void, onSettled: () => void): void {
    this.onSettled = onSettled;
    if (timeout > 0) {
      this.expiresAt = performance.now() + timeout;
      this.timer = setTimeout(() => {
        onTimeout();
        this.fail(new RequestTimeoutError({ queue: this.queue, id: this.id, timeout }));
      }, timeout);
    }
  }

  get receipt$(): Observable<PushReceipt> {
    return this.receipt.asObservable();
  }

  isWaiting(): boolean {
    return !this.isSettled;
  }

  pushed(receipt: PushReceipt): void {
    if (this.settle()) {
      this.runInAsyncScope(() => {
        this.receipt.next(receipt);
        this.receipt.complete();
      });
    }
  }

  unconfirmed(): void {
    this.fail(new PushFailedError(this.queue, UNCONFIRMED));
  }

  /** An error that nobody listens for is logged, once the caller had the chance to subscribe. */
  fail(error: unknown): void {
    if (this.settle()) {
      this.runInAsyncScope(queueMicrotask, undefined, () => {
        if (!this.receipt.observed) {
          this.log.warn(error instanceof Error ? error.message : String(error));
        }
        this.receipt.error(error);
      });
    }
  }

  private settle(): boolean {
    if (this.isSettled) {
      return false;
    }
    this.isSettled = true;
    clearTimeout(this.timer);
    this.onSettled?.();
    return true;
  }
}
