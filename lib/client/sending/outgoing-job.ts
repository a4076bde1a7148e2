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

/** Why a job that must not be run twice has failed, though Redis may have it. */
export const UNCONFIRMED_REASON =
  'the connection was lost before Redis confirmed it, and `maxDeliveries: 1` forbids pushing it again';

/** Who sends a job, and hears what becomes of its push. Its scope is the async context of the call. */
export interface JobSender extends Pick<AsyncResource, 'runInAsyncScope'> {
  readonly id: string;
  readonly queue: string;
  /** How long it waits yet, ms; negative where its time is up, `undefined` = without an end. */
  timeLeft(): number | undefined;
  /** Whether it still waits for the push. */
  isWaiting(): boolean;
  /** Only of senders that wait for the receipt, as an emit does. */
  pushed?(receipt: PushReceipt): void;
  /** Redis may have the job or not, and it must not be pushed again. */
  pushUnconfirmed(): void;
  fail(error: unknown, end: PushFailure): void;
}

/** Conditions that must hold for the push. */
export interface PushGuard {
  readonly maxQueueLength?: number | undefined;
  readonly requireWorker: boolean;
}

/** A job on its way to Redis, written as far as it can be before it leaves. */
export class OutgoingJob {
  readonly guard: PushGuard | undefined;
  /** Whether a push of it was not answered. */
  mayBeInRedis = false;
  /** How many were sent before it. */
  order = 0;
  private readonly encoded: string;

  /**
   * @param replyTo - the client that waits for a reply, if one does.
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

  /** UTF-16 units of what it keeps in memory. */
  get length(): number {
    return this.encoded.length;
  }

  /** Whether a push that Redis did not confirm must not be repeated. */
  get mustNotRepeat(): boolean {
    return this.options.maxDeliveries === 1;
  }

  /** @param now - ms, Redis clock. */
  element(now: number): string {
    // Whoever has it already may run it: a handler that must not be run twice can tell by the count.
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

  /** It is not pushed, or not pushed again. */
  fail(error: unknown): void {
    this.sender.fail(error, this.mayBeInRedis ? 'refused again' : 'refused');
  }

  private callOnPushed(onPushed: (receipt: PushReceipt) => unknown, receipt: PushReceipt): void {
    const what = `onPushed of a call to queue "${this.queue}"`;
    this.code.run(what, () => {
      const returned = this.sender.runInAsyncScope(onPushed, undefined, receipt);
      if (typeof returned === 'object' && returned !== null) {
        // A function that returns a promise is one that returns nothing, to the compiler.
        Promise.resolve(returned).catch((error: unknown) => this.code.threw(what, error));
      }
    });
  }
}
