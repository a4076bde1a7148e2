import { setMaxListeners } from 'node:events';
import { inspect, type InspectOptions } from 'node:util';
import { shown } from '../../errors/error-text.js';
import { LONGEST_TIMER } from '../../options/option-rules.js';
import type { Driver } from '../../driver/driver.js';
import type { Timer } from '../../driver/runtime.js';
import type { Job } from '../../protocol/wire/job-element.js';
import { causesOf } from './error-causes.js';
import { fenceListeners } from './fenced-signal.js';

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

/**
 * How long before a job's deadline a request of its handler may run out of time for it, ms: timers are a little early, the
 * time that is left is rounded down, and the clock of Redis is measured anew now and then.
 */
const DEADLINE_TOLERANCE_MS = 20;

/**
 * Hears of what the application's code throws where that can be no end of a run.
 * @param what - which code, such as `a listener of its signal`. @internal
 */
export type OnStray = (what: string, id: string | number, error: unknown) => void;

/** What a job goes by: its deadline by the clock of the server, timers by the runtime. @internal */
export type JobTime = Pick<Driver, 'clock' | 'runtime'>;

/** How a job is named in the reason of an abort: `job 7 of queue "reports"`. */
export const nameOfJob = ({ id, queue }: Pick<JobContext, 'id' | 'queue'>): string =>
  `job ${shown(id)} of queue "${queue}"`;

/** What a handler may know of the job it runs. Its second argument. */
export class JobContext {
  /** @internal */
  private controller: AbortController | undefined;
  /** @internal */
  private deadlineTimer: Timer | undefined;
  /** @internal */
  private abortReason: unknown;
  /** @internal */
  private onAborted: (() => void) | undefined;
  /** Whether its signal is aborted, or would be. @internal */
  isAborted = false;
  /** Whether its handler has returned. @internal */
  hasEnded = false;
  /** Whether its handler sends values one by one. @internal */
  isStreaming = false;
  /** Resolves when the next value may be sent; `undefined` = at once. @internal */
  room: () => Promise<void> | undefined = () => undefined;
  /** How much of what is part of the run has not ended, and who waits for that. @internal */
  private included = 0;
  /** @internal */
  private onDone: (() => void) | undefined;
  /** @internal */
  private thrown: { readonly error: unknown } | undefined;

  /** @internal */
  private readonly job: Job;
  /** @internal */
  readonly time: JobTime;
  /** @internal */
  private readonly onStray: OnStray;
  /** The name of the queue. */
  readonly queue: string;

  /** Made by the worker. A test hands its handler an object that has the properties that are read. */
  constructor(queue: never, job: never, time: never);
  /** @internal */
  constructor(queue: string, job: Job, time: JobTime, onStray?: OnStray);
  constructor(queue: string, job: Job, time: JobTime, onStray: OnStray = () => undefined) {
    this.queue = queue;
    this.job = job;
    this.time = time;
    this.onStray = onStray;
  }

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
    return deadline === undefined ? Infinity : Math.max(0, deadline - this.time.clock.now());
  }

  /**
   * Aborts when the caller cancels, when the deadline passes, when the run takes longer than the handler's
   * `timeout`, when a shutdown runs out of time, and when the job is answered while its handler still runs, as by the
   * `timeout()` of an interceptor. Hand it to whatever can be aborted.
   */
  get signal(): AbortSignal {
    if (!this.controller) {
      // Made on demand: most handlers never ask for it, and it costs more than the rest of a job's context.
      this.controller = new AbortController();
      // A handler may well hand it to more than ten calls at a time.
      setMaxListeners(0, this.controller.signal);
      fenceListeners(this.controller.signal, (error) =>
        this.strayed('a listener of its signal', error),
      );
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

  /** @internal */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `JobContext ${inspect(this.toJSON(), options)}`;
  }

  /** Makes something a part of the run, which has not ended before. @internal */
  include(work: Promise<unknown>): void {
    this.included++;
    const ended = (): void => {
      this.included--;
      if (this.included === 0) {
        this.onDone?.();
      }
    };
    work.then(ended, ended);
  }

  /** Calls back when all that is part of the run has ended: at once where nothing is. @internal */
  whenDone(onDone: () => void): void {
    if (this.included === 0) {
      onDone();
    } else {
      this.onDone = onDone;
    }
  }

  /** Whether an error only says that this run was aborted: what is handed the signal throws its reason. @internal */
  isAbort(error: unknown): boolean {
    const { abortReason } = this;
    if (!this.isAborted || abortReason === undefined) {
      return false;
    }
    return causesOf(error).includes(abortReason);
  }

  /** Its method, or what stands in front of it, has thrown: enhancers around it may throw something else instead. @internal */
  threw(error: unknown): void {
    this.thrown ??= { error };
  }

  /** What was thrown first, where it is another error than this one, and none that this one has as its cause. @internal */
  handledBefore(error: unknown): unknown {
    const first = this.thrown?.error;
    return causesOf(error).includes(first) ? undefined : first;
  }

  /** Whether what its handler asked for in the time that was left to it has no more of it. @internal */
  get isOutOfTime(): boolean {
    return this.timeLeft() <= DEADLINE_TOLERANCE_MS;
  }

  /** Code of the application has thrown what can be no end of the run. @internal */
  strayed(what: string, error: unknown): void {
    if (!this.isAbort(error)) {
      this.onStray(what, this.id, error);
    }
  }

  /** Calls back when the run is aborted, also by its deadline. @internal */
  whenAborted(onAborted: () => void): void {
    this.onAborted = onAborted;
    this.watchDeadline();
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
      this.time.runtime.clear(this.deadlineTimer);
      this.controller?.abort(reason);
      this.onAborted?.();
    }
  }

  /** The run has ended: the signal aborts no more. @internal */
  end(): void {
    this.hasEnded = true;
    this.onAborted = undefined;
    this.time.runtime.clear(this.deadlineTimer);
  }

  /** @internal */
  private watchDeadline(): void {
    const left = this.timeLeft();
    if (left !== Infinity && !this.hasEnded && !this.isAborted) {
      this.time.runtime.clear(this.deadlineTimer);
      this.deadlineTimer = this.time.runtime.setTimeout(
        () =>
          this.timeLeft() > 0
            ? this.watchDeadline()
            : this.abort(
                new DOMException(`The deadline of ${nameOfJob(this)} has passed`, 'TimeoutError'),
              ),
        // A longer delay would fire at once; and a timer may be a little early.
        Math.min(left, LONGEST_TIMER),
      );
    }
  }
}
