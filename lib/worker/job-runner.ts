import { Subscription, type Observable } from 'rxjs';
import {
  PayloadTooLargeError,
  RequestTimeoutError,
  SerializationError,
  WorkerLostError,
} from '../errors/index.js';
import type { Log } from '../observability/log.js';
import { toErrorForm, toOwnErrorForm, type ErrorForm } from '../protocol/error-form.js';
import type { Job } from '../protocol/job-element.js';
import { JobContext } from './job-context.js';
import { JobRun } from './job-run.js';
import { ReplyText } from './reply-text.js';
import type { ReplyStream } from './reply-stream.js';
import type { JobPlace } from './slots.js';
import { InterceptedReply, isStream, streamOf } from './stream-source.js';
import type { JobHandler, WorkerOptions } from './worker-options.js';

/** What a runner needs of the worker it runs jobs for. */
export interface RunnerParts {
  readonly handler: JobHandler;
  readonly options: WorkerOptions;
  readonly log: Log;
  /** ms, Redis clock. */
  serverNow(): number;
  /** Begins to send the values of a run. */
  openStream(run: JobRun, onLost: (reason: Error, isTaken: boolean) => void): ReplyStream;
  /** Hears, once, what a job is answered with; `undefined` = no reply. */
  onAnswer(run: JobRun, text: string | undefined): void;
  /** Hears, once, that the handler has really returned. */
  onEnded(run: JobRun): void;
}

/** Runs jobs: calls the handler and turns what it returns, sends or throws into replies. */
export class JobRunner {
  private readonly text: ReplyText;

  constructor(private readonly parts: RunnerParts) {
    this.text = new ReplyText(parts.handler.queue, parts.options);
  }

  run(job: Job, place: JobPlace): JobRun {
    const { handler, serverNow } = this.parts;
    const run = new JobRun(job, place, new JobContext(handler.queue, job, serverNow));
    run.runInAsyncScope(this.begin, this, run);
    return run;
  }

  /** Ends a run without a reply: nobody waits for it any more. */
  cancel(run: JobRun, reason: unknown): void {
    run.isCancelled = true;
    run.stream?.stop();
    this.answer(run, undefined);
    run.context.abort(reason);
  }

  /**
   * Ends a run for want of time. What the handler still returns comes too late.
   * @returns whether its job may be run again: not where values of it may have come already, since they would come
   * twice. That ends with an error for its caller instead.
   */
  interrupt(run: JobRun, reason: unknown): boolean {
    run.stream?.stop();
    if (run.hasSent) {
      this.answer(run, undefined);
    }
    const mayBeRunAgain = !run.isAnswered;
    run.isAnswered = true;
    run.context.abort(reason);
    return mayBeRunAgain;
  }

  private begin(run: JobRun): void {
    const { runWithin } = this.parts.options;
    if (runWithin) {
      runWithin(run.context, () => this.handle(run));
    } else {
      this.handle(run);
    }
  }

  private handle(run: JobRun): void {
    const { handler } = this.parts;
    if (handler.timeout > 0) {
      run.timer = setTimeout(() => this.timeOut(run), handler.timeout);
    }
    let result: unknown;
    try {
      result = handler.handle(run.takeData(), run.context);
      if (isPromiseLike(result)) {
        Promise.resolve(result).then(
          (value) => this.returned(run, value),
          (error: unknown) => this.threw(run, error),
        );
        return;
      }
    } catch (error) {
      this.threw(run, error);
      return;
    }
    this.returned(run, result);
  }

  private returned(run: JobRun, value: unknown): void {
    if (typeof value !== 'object' || value === null) {
      this.succeed(run, value);
      this.end(run);
      return;
    }
    try {
      if (value instanceof InterceptedReply) {
        this.follow(run, value.values);
      } else if (isStream(value)) {
        this.follow(run, streamOf(value, run.context));
      } else {
        this.succeed(run, value);
        this.end(run);
      }
    } catch (error) {
      // A value so odd that it cannot even be looked at.
      this.threw(run, error);
    }
  }

  private threw(run: JobRun, error: unknown): void {
    this.failWith(run, error);
    this.end(run);
  }

  /** Sends the values as they come, or the last of them as the reply where they are no stream. */
  private follow(run: JobRun, values: Observable<unknown>): void {
    const { context, job } = run;
    const { signal } = context;
    if (signal.aborted) {
      this.answer(run, undefined);
      this.end(run);
      return;
    }
    const isSent = (): boolean => context.isStreaming && canStream(job);
    /** Those that came before it was known whether they are a stream. */
    let held: unknown[] = [];
    const sendHeld = (): void => {
      for (const value of held) {
        this.send(run, value);
      }
      held = [];
    };
    context.room = () => run.stream?.room();
    const subscription = new Subscription();
    const stop = (): void => {
      if (!run.isAnswered) {
        // Its deadline has passed.
        this.cancel(run, signal.reason);
      }
      subscription.unsubscribe();
      this.end(run);
    };
    signal.addEventListener('abort', stop, { once: true });
    const settle = (): void => {
      signal.removeEventListener('abort', stop);
      this.end(run);
    };
    subscription.add(
      values.subscribe({
        next: (value) => {
          if (isSent()) {
            sendHeld();
            this.send(run, value);
          } else {
            held.push(value);
          }
        },
        error: (error: unknown) => {
          this.failWith(run, error);
          settle();
        },
        complete: () => {
          if (isSent()) {
            sendHeld();
            this.answer(run, this.text.end(job, this.streamOf(run).position));
          } else {
            this.succeed(run, held.at(-1));
          }
          settle();
        },
      }),
    );
  }

  private send(run: JobRun, value: unknown): void {
    if (run.isAnswered) {
      return;
    }
    try {
      const json = this.text.value(value);
      this.streamOf(run).add(json);
    } catch (error) {
      this.failToSend(run, error);
      run.context.abort(error);
    }
  }

  private streamOf(run: JobRun): ReplyStream {
    run.stream ??= this.parts.openStream(run, (reason, isTaken) => {
      if (isTaken) {
        this.cancel(run, reason);
      } else {
        this.interrupt(run, reason);
      }
    });
    return run.stream;
  }

  private succeed(run: JobRun, value: unknown): void {
    if (run.isAnswered) {
      return;
    }
    let text: string | undefined;
    try {
      text = this.text.success(run.job, value);
    } catch (error) {
      this.failToSend(run, error);
      return;
    }
    this.answer(run, text);
  }

  /** A reply that cannot be sent is an error of the library's own. */
  private failToSend(run: JobRun, error: unknown): void {
    const isOwn = error instanceof PayloadTooLargeError || error instanceof SerializationError;
    if (isOwn && run.job.version === 2) {
      this.report(run, error);
    }
    this.fail(run, error, isOwn ? toOwnErrorForm(error, run.job.id) : undefined);
  }

  private failWith(run: JobRun, error: unknown): void {
    if (run.isAnswered) {
      return;
    }
    if (run.context.isAbort(error) || isInheritedTimeout(error)) {
      // Its deadline has passed: nobody waits, and it has only ended with it.
      this.answer(run, undefined);
    } else {
      this.fail(run, error, this.parts.options.describeError?.(error));
    }
  }

  /** @param form - the error's, where it has one of its own; any other error is a surprise and is logged. */
  private fail(run: JobRun, error: unknown, form: ErrorForm | undefined): void {
    if (run.isAnswered) {
      return;
    }
    const { job, stream } = run;
    const canTell = job.version === 2 && job.replyTo !== undefined;
    // Where nobody can be told, the worker's log is the only place left.
    if (!form || !canTell) {
      this.report(run, error);
    }
    if (!canTell) {
      this.answer(run, undefined);
      return;
    }
    this.answer(run, this.text.failure(job, form ?? toErrorForm(error), stream?.position));
  }

  private timeOut(run: JobRun): void {
    const { name, timeout } = this.parts.handler;
    const error = new JobTimeoutError(`${name} took longer than ${timeout} ms`);
    this.failWith(run, error);
    run.context.abort(error);
  }

  private answer(run: JobRun, text: string | undefined): void {
    if (run.isAnswered) {
      return;
    }
    run.isAnswered = true;
    clearTimeout(run.timer);
    const { stream } = run;
    if (stream) {
      // The end comes behind all values.
      void stream.flushed().then(() => this.parts.onAnswer(run, this.endOf(run, stream, text)));
    } else {
      this.parts.onAnswer(run, text);
    }
  }

  /** What a stream ends with: `text`, unless it was stopped before all of its values were sent. */
  private endOf(run: JobRun, stream: ReplyStream, text: string | undefined): string | undefined {
    if (run.isCancelled || !stream.isStopped || (stream.isComplete && text !== undefined)) {
      return text;
    }
    const { job, context } = run;
    const { queue } = this.parts.handler;
    const error = new WorkerLostError(queue, String(job.id), context.attempt, stream.pushedCount);
    return this.text.failure(job, toOwnErrorForm(error, job.id), stream.pushedPosition);
  }

  private end(run: JobRun): void {
    run.context.whenDone(() => {
      if (!run.hasEnded) {
        run.hasEnded = true;
        run.context.end();
        this.parts.onEnded(run);
      }
    });
  }

  private report({ job }: JobRun, error: unknown): void {
    const { name, queue } = this.parts.handler;
    const form = toErrorForm(error);
    this.parts.log.error(
      `${name} failed on job ${job.id} of queue "${queue}": ${form.name}: ${form.message}`,
      form.stack,
    );
  }
}

/** What a run ends with that takes longer than the handler's `timeout`. */
class JobTimeoutError extends Error {
  static {
    this.prototype.name = 'TimeoutError';
  }

  readonly code = 'JOB_TIMEOUT';
}

/** Whether a request that the handler made has ended with the deadline of its job. */
const isInheritedTimeout = (error: unknown): boolean =>
  error instanceof RequestTimeoutError && error.limit === 'inherited';

/** An original requester takes one reply only, and of an emitted job nobody takes any. */
const canStream = ({ version, replyTo }: Job): boolean => version === 2 && replyTo !== undefined;

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { readonly then?: unknown }).then === 'function'
  );
}
