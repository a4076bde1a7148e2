import { setMaxListeners } from 'node:events';
import { inspect, type InspectOptions } from 'node:util';
import { shown } from '../../errors/error-text.js';
import { MAX_TIMER_DELAY_MS } from '../../options/option-rules.js';
import type { Driver } from '../../driver/driver.js';
import type { Timer } from '../../driver/runtime.js';
import type { Job } from '../../protocol/wire/job-element.js';
import { causesOf } from './error-causes.js';
import { fenceListeners } from './fenced-signal.js';
import { JobContext } from './job-context.js';

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

/**
 * Time before a job's deadline in which a timeout of a request of the handler still counts as caused by the deadline, ms: timers
 * fire a little early, the remaining time is rounded down, and the clock of Redis is measured anew now and then.
 */
const DEADLINE_TOLERANCE_MS = 20;

/**
 * Is called with an error of the application's code that cannot be the end of a run.
 * @param what - which code, such as `a listener of job.signal`.
 */
export type OnStray = (what: string, job: JobContext, error: unknown) => void;

/** The time of a job: the clock of the server for the deadline, the runtime for timers. */
export type JobTime = Pick<Driver, 'clock' | 'runtime'>;

/** Names a job in the reason of an abort: `job 7 of queue "reports"`. */
export const nameOfJob = ({ id, queue }: Pick<JobContext, 'id' | 'queue'>): string =>
  `job ${shown(id)} of queue "${queue}"`;

/** Waits for nothing: a run that sends no stream has room at once. */
const AT_ONCE = (): undefined => undefined;

/** The context of one run: the {@link JobContext} of the handler, and the state of the run that only the library uses. */
export class RunContext extends JobContext {
  #controller: AbortController | undefined;
  #deadlineTimer: Timer | undefined;
  #abortReason: unknown;
  #onAborted: (() => void) | undefined;
  /** Number of parts of the run that have not ended. */
  #included = 0;
  #onDone: (() => void) | undefined;
  #thrown: { readonly error: unknown } | undefined;
  readonly #job: Job;
  readonly #onStray: OnStray;

  /** Whether the run is aborted, also where nobody has read the signal yet. */
  isAborted = false;
  /** Whether the run has ended. */
  hasEnded = false;
  /** Whether the reply is a stream, so that values are sent one by one. */
  isStreaming = false;
  /** Resolves when the next value may be sent; `undefined` = at once. */
  room: () => Promise<void> | undefined = AT_ONCE;

  override readonly queue: string;
  readonly time: JobTime;

  constructor(queue: string, job: Job, time: JobTime, onStray: OnStray = () => undefined) {
    super();
    this.queue = queue;
    this.#job = job;
    this.time = time;
    this.#onStray = onStray;
  }

  override get id(): string | number {
    return this.#job.id;
  }

  /** Whether somebody waits for a reply, which is not so for an emitted job. */
  get isAwaited(): boolean {
    return this.#job.version === 1 || this.#job.replyTo !== undefined;
  }

  override get headers(): Readonly<Record<string, string>> {
    return this.#job.headers ?? NO_HEADERS;
  }

  override get attempt(): number {
    return this.#job.redeliveries + 1;
  }

  override get pushedAt(): number | undefined {
    return this.#job.pushedAt;
  }

  override get deadline(): number | undefined {
    return this.#job.deadline;
  }

  override timeLeft(): number {
    const { deadline } = this.#job;
    return deadline === undefined ? Infinity : Math.max(0, deadline - this.time.clock.now());
  }

  override get signal(): AbortSignal {
    if (!this.#controller) {
      // Made on demand: most handlers never ask for it, and it costs more than the rest of a job's context.
      this.#controller = new AbortController();
      // A handler may pass the signal to more than ten calls at a time.
      setMaxListeners(0, this.#controller.signal);
      fenceListeners(this.#controller.signal, (error) =>
        this.strayed('a listener of job.signal', error),
      );
      if (this.isAborted) {
        this.#controller.abort(this.#abortReason);
      } else {
        this.#watchDeadline();
      }
    }
    return this.#controller.signal;
  }

  override toJSON(): object {
    const { id, queue, headers, attempt, pushedAt, deadline } = this;
    return { id, queue, headers, attempt, pushedAt, deadline };
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `JobContext ${inspect(this.toJSON(), options)}`;
  }

  /** Makes work a part of the run: the run is not done before the work has ended. */
  include(work: Promise<unknown>): void {
    this.#included++;
    const ended = (): void => {
      this.#included--;
      if (this.#included === 0) {
        this.#onDone?.();
      }
    };
    work.then(ended, ended);
  }

  /** Calls back when all parts of the run have ended: at once if there are none. */
  whenDone(onDone: () => void): void {
    if (this.#included === 0) {
      onDone();
    } else {
      this.#onDone = onDone;
    }
  }

  /** Whether an error only reports that this run was aborted: code that gets the signal throws its reason. */
  isAbort(error: unknown): boolean {
    const reason = this.#abortReason;
    if (!this.isAborted || reason === undefined) {
      return false;
    }
    return causesOf(error).includes(reason);
  }

  /** Notes what the method, or a guard or pipe before it, has thrown first: an enhancer around them may throw another error. */
  threw(error: unknown): void {
    this.#thrown ??= { error };
  }

  /** @returns the error that was thrown first; `undefined` if it is this error, or one of its causes. */
  handledBefore(error: unknown): unknown {
    const first = this.#thrown?.error;
    return causesOf(error).includes(first) ? undefined : first;
  }

  /** Whether the deadline has passed as far as a request of the handler is concerned, which inherited the remaining time. */
  get isOutOfTime(): boolean {
    return this.timeLeft() <= DEADLINE_TOLERANCE_MS;
  }

  /** Reports an error of the application's code that cannot be the end of the run. */
  strayed(what: string, error: unknown): void {
    if (!this.isAbort(error)) {
      this.#onStray(what, this, error);
    }
  }

  /** Calls back when the run is aborted, also by its deadline. */
  whenAborted(onAborted: () => void): void {
    this.#onAborted = onAborted;
    this.#watchDeadline();
  }

  /** Throws the reason of an abort, if there was one, without creating the signal. */
  throwIfAborted(): void {
    if (this.isAborted) {
      throw this.#abortReason;
    }
  }

  abort(reason: unknown): void {
    if (!this.isAborted && !this.hasEnded) {
      this.isAborted = true;
      this.#abortReason = reason;
      this.time.runtime.clear(this.#deadlineTimer);
      this.#controller?.abort(reason);
      this.#onAborted?.();
    }
  }

  /** Notes that the run has ended: its signal is not aborted any more. */
  end(): void {
    this.hasEnded = true;
    this.#onAborted = undefined;
    this.time.runtime.clear(this.#deadlineTimer);
  }

  #watchDeadline(): void {
    const left = this.timeLeft();
    if (left !== Infinity && !this.hasEnded && !this.isAborted) {
      this.time.runtime.clear(this.#deadlineTimer);
      this.#deadlineTimer = this.time.runtime.setTimeout(
        () =>
          this.timeLeft() > 0
            ? this.#watchDeadline()
            : this.abort(
                new DOMException(`The deadline of ${nameOfJob(this)} has passed`, 'TimeoutError'),
              ),
        // A longer delay would fire at once, and a timer may fire a little early.
        Math.min(left, MAX_TIMER_DELAY_MS),
      );
    }
  }
}
