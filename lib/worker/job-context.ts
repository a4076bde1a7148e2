import { setMaxListeners } from 'node:events';
import { LONGEST_TIMER } from '../errors/option-rules.js';
import type { Job } from '../protocol/job-element.js';

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

/** What a handler may know of the job it runs. Its second argument. */
export class JobContext {
  private controller: AbortController | undefined;
  private deadlineTimer: NodeJS.Timeout | undefined;
  private abortReason: unknown;
  /** Whether its signal is aborted, or would be. @internal */
  isAborted = false;
  /** Whether its handler has returned. @internal */
  hasEnded = false;
  /** Whether its handler sends values one by one. @internal */
  isStreaming = false;
  /** Resolves when the next value may be sent; `undefined` = at once. @internal */
  room: () => Promise<void> | undefined = () => undefined;
  private included: Promise<unknown> | undefined;

  /** Made by the worker. @internal */
  constructor(
    /** The name of the queue. */
    readonly queue: string,
    private readonly job: Job,
    private readonly serverNow: () => number,
  ) {}

  /** The id of the job; a number only where an original requester chose one. */
  get id(): string | number {
    return this.job.id;
  }

  /** The texts that the caller sent along. */
  get headers(): Readonly<Record<string, string>> {
    return this.job.headers ?? NO_HEADERS;
  }

  /** Which delivery this is; `1` = the first. A job that is pushed again, since Redis did not confirm it, has `2`. */
  get attempt(): number {
    return this.job.redeliveries + 1;
  }

  /** When the job was pushed, ms since the epoch by the clock of Redis; `undefined` from an original requester. */
  get pushedAt(): number | undefined {
    return this.job.pushedAt;
  }

  /** When the caller stops waiting, ms since the epoch by the clock of Redis; `undefined` = never. */
  get deadline(): number | undefined {
    return this.job.deadline;
  }

  /** ms until the deadline, never negative; `Infinity` where there is none. */
  timeLeft(): number {
    const { deadline } = this.job;
    return deadline === undefined ? Infinity : Math.max(0, deadline - this.serverNow());
  }

  /**
   * Aborts when the caller cancels, when the deadline passes, when the run takes longer than the handler's
   * `timeout`, and when a shutdown runs out of time. Hand it to whatever can be aborted.
   */
  get signal(): AbortSignal {
    if (!this.controller) {
      // Made on demand: most handlers never ask for it, and it costs more than the rest of a job's context.
      this.controller = new AbortController();
      // A handler may well hand it to more than ten calls at a time.
      setMaxListeners(0, this.controller.signal);
      if (this.isAborted) {
        this.controller.abort(this.abortReason);
      } else {
        this.watchDeadline();
      }
    }
    return this.controller.signal;
  }

  /** What may be logged of it. */
  toJSON(): object {
    const { id, queue, headers, attempt, pushedAt, deadline } = this;
    return { id, queue, headers, attempt, pushedAt, deadline };
  }

  /** Makes something a part of the run, which has not ended before. @internal */
  include(work: Promise<unknown>): void {
    this.included = Promise.allSettled([this.included, work]);
  }

  /** Calls back when all that is part of the run has ended: at once where nothing is. @internal */
  whenDone(onDone: () => void): void {
    const { included } = this;
    if (included) {
      this.included = undefined;
      void included.then(() => this.whenDone(onDone));
    } else {
      onDone();
    }
  }

  /** Whether an error only says that the run was aborted: what is handed the signal throws its reason. @internal */
  isAbort(error: unknown): boolean {
    const { abortReason } = this;
    return (
      this.isAborted &&
      (error === abortReason || (error instanceof Error && error.cause === abortReason))
    );
  }

  /** Throws the reason of an abort without making the signal. @internal */
  throwIfAborted(): void {
    if (this.isAborted) {
      throw this.abortReason;
    }
  }

  /** @internal */
  abort(reason: unknown): void {
    if (!this.isAborted && !this.hasEnded) {
      this.isAborted = true;
      this.abortReason = reason;
      clearTimeout(this.deadlineTimer);
      this.controller?.abort(reason);
    }
  }

  /** The run has ended: the signal aborts no more. @internal */
  end(): void {
    this.hasEnded = true;
    clearTimeout(this.deadlineTimer);
  }

  private watchDeadline(): void {
    const left = this.timeLeft();
    if (left !== Infinity && !this.hasEnded) {
      this.deadlineTimer = setTimeout(
        () =>
          this.timeLeft() > 0
            ? this.watchDeadline()
            : this.abort(new DOMException('The deadline of the job has passed', 'TimeoutError')),
        // A longer delay would fire at once; and a timer may be a little early.
        Math.min(left, LONGEST_TIMER),
      );
    }
  }
}
