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
 * How long before a job's deadline a request of its handler may run out of time for it, ms: timers are a little early, the
 * time that is left is rounded down, and the clock of Redis is measured anew now and then.
 */
const DEADLINE_TOLERANCE_MS = 20;

/**
 * Hears of what the application's code throws where that can be no end of a run.
 * @param what - which code, such as `a listener of job.signal`.
 */
export type OnStray = (what: string, id: string | number, error: unknown) => void;

/** What a job goes by: its deadline by the clock of the server, timers by the runtime. */
export type JobTime = Pick<Driver, 'clock' | 'runtime'>;

/** How a job is named in the reason of an abort: `job 7 of queue "reports"`. */
export const nameOfJob = ({ id, queue }: Pick<JobContext, 'id' | 'queue'>): string =>
  `job ${shown(id)} of queue "${queue}"`;

/** The room of a run that sends no stream. */
const AT_ONCE = (): undefined => undefined;

/** The context of one run: what its handler sees as a {@link JobContext}, and what the library keeps of the run beyond that. */
export class RunContext extends JobContext {
  #controller: AbortController | undefined;
  #deadlineTimer: Timer | undefined;
  #abortReason: unknown;
  #onAborted: (() => void) | undefined;
  /** How many parts of the run have not ended. */
  #included = 0;
  #onDone: (() => void) | undefined;
  #thrown: { readonly error: unknown } | undefined;
  readonly #job: Job;
  readonly #onStray: OnStray;

  /** Whether its signal is aborted, or would be. */
  isAborted = false;
  /** Whether its handler has returned. */
  hasEnded = false;
  /** Whether its handler sends values one by one. */
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
      // A handler may well hand it to more than ten calls at a time.
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

  /** Makes something a part of the run, which has not ended before. */
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

  /** Calls back when all that is part of the run has ended: at once where nothing is. */
  whenDone(onDone: () => void): void {
    if (this.#included === 0) {
      onDone();
    } else {
      this.#onDone = onDone;
    }
  }

  /** Whether an error only says that this run was aborted: what is handed the signal throws its reason. */
  isAbort(error: unknown): boolean {
    const reason = this.#abortReason;
    if (!this.isAborted || reason === undefined) {
      return false;
    }
    return causesOf(error).includes(reason);
  }

  /** Its method, or what stands in front of it, has thrown: enhancers around it may throw something else instead. */
  threw(error: unknown): void {
    this.#thrown ??= { error };
  }

  /** What was thrown first, where it is another error than this one, and none that this one has as its cause. */
  handledBefore(error: unknown): unknown {
    const first = this.#thrown?.error;
    return causesOf(error).includes(first) ? undefined : first;
  }

  /** Whether what its handler asked for in the time that was left to it has no more of it. */
  get isOutOfTime(): boolean {
    return this.timeLeft() <= DEADLINE_TOLERANCE_MS;
  }

  /** Code of the application has thrown what can be no end of the run. */
  strayed(what: string, error: unknown): void {
    if (!this.isAbort(error)) {
      this.#onStray(what, this.id, error);
    }
  }

  /** Calls back when the run is aborted, also by its deadline. */
  whenAborted(onAborted: () => void): void {
    this.#onAborted = onAborted;
    this.#watchDeadline();
  }

  /** Throws the reason of an abort without making the signal. */
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

  /** The run has ended: the signal aborts no more. */
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
        // A longer delay would fire at once; and a timer may be a little early.
        Math.min(left, MAX_TIMER_DELAY_MS),
      );
    }
  }
}
