import { LONGEST_TIMER } from '../errors/option-rules.js';
import type { Job } from '../protocol/job-element.js';

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

/** What a handler may know of the job it runs. Its second argument. */
export class JobContext {
  private controller: AbortController | undefined;
  private deadlineTimer: NodeJS.Timeout | undefined;
  private abortReason: unknown;
  private isAborted = false;
  private isEnded = false;
  /** Whether its handler sends values one by one. @internal */
  isStreaming = false;
  /** Resolves when the next value may be sent; `undefined` = at once. @internal */
  room: () => Promise<void> | undefined = () => undefined;
  /** Resolves when the last value was pulled out of the handler. @internal */
  pulling: Promise<void> | undefined;

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

  /** Which delivery this is; `1` = the first. */
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
      if (this.isAborted) {
        this.controller.abort(this.abortReason);
      } else {
        this.watchDeadline();
      }
    }
    return this.controller.signal;
  }

  /** Throws the reason of an abort without making the signal. @internal */
  throwIfAborted(): void {
    if (this.isAborted) {
      throw this.abortReason;
    }
  }

  /** @internal */
  abort(reason: unknown): void {
    if (!this.isAborted && !this.isEnded) {
      this.isAborted = true;
      this.abortReason = reason;
      clearTimeout(this.deadlineTimer);
      this.controller?.abort(reason);
    }
  }

  /** The run has ended: the signal aborts no more. @internal */
  end(): void {
    this.isEnded = true;
    clearTimeout(this.deadlineTimer);
  }

  private watchDeadline(): void {
    const left = this.timeLeft();
    if (left !== Infinity && !this.isEnded) {
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
