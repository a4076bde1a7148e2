import type { AsyncResource } from 'node:async_hooks';
import {
  asPushedAgain,
  COMPLETION_BYTES,
  completeJob,
  encodeJob,
  encodeOriginalJob,
} from '../../protocol/wire/job-element.js';
import { checkPayloadSize, encodePayload } from '../../protocol/wire/payload.js';
import type { ApplicationCode } from '../calls/application-code.js';
import type { EmitOptions } from '../calls/call-options.js';
import type { PushFailure } from '../calls/call-end.js';
import type { PushReceipt } from '../calls/push-receipt.js';

/** Reason why a job with `maxDeliveries: 1` fails although Redis may have it. */
export const UNCONFIRMED_REASON =
  'the connection was lost before Redis confirmed it, and `maxDeliveries: 1` forbids pushing it again';

/** The request or emit that sends a job and is notified of its push. `runInAsyncScope` runs in the context of the call. */
export interface JobSender extends Pick<AsyncResource, 'runInAsyncScope'> {
  readonly id: string;
  readonly queue: string;
  /** ms until it times out, negative afterwards; `undefined` = no limit. */
  timeLeft(): number | undefined;
  /** Whether the sender still waits for the push. */
  isWaiting(): boolean;
  /** Called only for senders that wait for the receipt (emit). */
  pushed?(receipt: PushReceipt): void;
  /** Is called if it is unknown whether Redis has the job, which must not be pushed again. */
  pushUnconfirmed(): void;
  fail(error: unknown, end: PushFailure): void;
}

/** Conditions that must hold for the push. */
export interface PushGuard {
  readonly maxQueueLength?: number | undefined;
  readonly requireWorker: boolean;
}

/** A job to push. It is encoded at once, except for the times, which are added when it is pushed. */
export class OutgoingJob {
  readonly guard: PushGuard | undefined;
  /** Whether an earlier push was not answered. */
  mayBeInRedis = false;
  /** Number of jobs that were queued before this job. */
  order = 0;
  private readonly encoded: string;

  /**
   * @param replyTo - the client that waits for a reply; `undefined` for an emit.
   * @param maxPayload - bytes.
   * @throws SerializationError, PayloadTooLargeError
   */
  constructor(
    readonly sender: JobSender,
    data: unknown,
    private readonly options: EmitOptions,
    replyTo: string | undefined,
    maxPayload: number,
    private readonly code: ApplicationCode,
  ) {
    const { id, queue } = sender;
    const { headers, maxDeliveries, maxQueueLength, requireWorker = false } = options;
    const dataJson = encodePayload(data, queue, 'request') ?? 'null';
    if (options.protocol === 1) {
      this.encoded = encodeOriginalJob(id, dataJson);
      checkPayloadSize(this.encoded, maxPayload, queue, 'request');
    } else {
      this.encoded = encodeJob(id, dataJson, { replyTo, headers, maxDeliveries });
      checkPayloadSize(this.encoded, maxPayload, queue, 'request', COMPLETION_BYTES);
    }
    if (maxQueueLength !== undefined || requireWorker) {
      this.guard = { maxQueueLength, requireWorker };
    }
  }

  get queue(): string {
    return this.sender.queue;
  }

  /** UTF-16 units that it keeps in memory. */
  get length(): number {
    return this.encoded.length;
  }

  /** Whether an unconfirmed push must not be repeated. */
  get mustNotRepeat(): boolean {
    return this.options.maxDeliveries === 1;
  }

  /** @param now - ms, Redis clock. */
  element(now: number): string {
    // A worker may run the first copy as well. The mark lets it count this copy as a further delivery.
    return this.mayBeInRedis ? asPushedAgain(this.complete(now)) : this.complete(now);
  }

  private complete(now: number): string {
    if (this.options.protocol === 1) {
      return this.encoded;
    }
    const left = this.sender.timeLeft();
    const deadline = left === undefined ? undefined : now + Math.max(0, Math.floor(left));
    return completeJob(this.encoded, now, deadline);
  }

  pushed(queueLength: number): void {
    const { onPushed } = this.options;
    if (!onPushed && !this.sender.pushed) {
      return;
    }
    const receipt = { id: this.sender.id, queue: this.queue, queueLength };
    if (onPushed) {
      this.callOnPushed(onPushed, receipt);
    }
    this.sender.pushed?.(receipt);
  }

  /** Fails a job that is not pushed, or not pushed again. */
  fail(error: unknown): void {
    this.sender.fail(error, this.mayBeInRedis ? 'refused again' : 'refused');
  }

  private callOnPushed(onPushed: (receipt: PushReceipt) => unknown, receipt: PushReceipt): void {
    const what = `onPushed of a call to queue "${this.queue}"`;
    this.code.run(what, () => {
      const returned = this.sender.runInAsyncScope(onPushed, undefined, receipt);
      if (typeof returned === 'object' && returned !== null) {
        // The type `void` accepts functions that return a promise.
        Promise.resolve(returned).catch((error: unknown) => this.code.threw(what, error));
      }
    });
  }
}
