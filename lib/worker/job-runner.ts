import type { Observable, Subscription } from 'rxjs';
import { PayloadTooLargeError, SerializationError, WorkerLostError } from '../errors/index.js';
import type { Log } from '../observability/log.js';
import { toErrorForm, toOwnErrorForm, type ErrorForm } from '../protocol/error-form.js';
import type { Job } from '../protocol/job-element.js';
import { JobContext } from './job-context.js';
import { JobRun } from './job-run.js';
import { ReplyText } from './reply-text.js';
import type { ReplyStream } from './reply-stream.js';
import type { Slot } from './slots.js';
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
  openStream(run: JobRun, onLost: (reason: Error) => void): ReplyStream;
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

  run(job: Job, slot: Slot): JobRun {
    const { handler, options, serverNow } = this.parts;
    const run = new JobRun(job, slot, new JobContext(handler.queue, job, serverNow));
    if (options.runWithin) {
      options.runWithin(run.context, () => this.begin(run));
    } else {
      this.begin(run);
    }
    return run;
  }

  /** Ends a run without a reply: nobody waits for it any more. */
  cancel(run: JobRun, reason: unknown): void {
    this.answer(run, undefined);
    run.stream?.stop();
    run.context.abort(reason);
  }

  /**
   * Ends a run whose job goes back to its queue. A stream that has begun ends for its caller, since its values would
   * come twice.
   */
  interrupt(run: JobRun, reason: unknown): void {
    const { job, stream, context } = run;
    if (stream && stream.count > 0) {
      const { queue } = this.parts.handler;
      const error = new WorkerLostError(queue, String(job.id), context.attempt, stream.count);
      this.fail(run, error, toOwnErrorForm(error, job.id));
    }
    // What it still returns comes too late.
    run.isAnswered = true;
    context.abort(reason);
  }

  private begin(run: JobRun): void {
    const { handler } = this.parts;
    if (handler.timeout > 0) {
      run.timer = setTimeout(() => this.timeOut(run), handler.timeout);
    }
    let result: unknown;
    try {
      result = handler.handle(run.job.data, run.context);
    } catch (error) {
      this.threw(run, error);
      return;
    }
    if (isPromiseLike(result)) {
      Promise.resolve(result).then(
        (value) => this.returned(run, value),
        (error: unknown) => this.threw(run, error),
      );
    } else {
      this.returned(run, result);
    }
  }

  private returned(run: JobRun, value: unknown): void {
    if (value instanceof InterceptedReply) {
      this.follow(run, value.values);
    } else if (isStream(value)) {
      this.follow(run, streamOf(value, run.context));
    } else {
      this.succeed(run, value);
      this.end(run);
    }
  }

  private threw(run: JobRun, error: unknown): void {
    this.fail(run, error, this.parts.options.describeError?.(error));
    this.end(run);
  }

  /** Sends the values as they come, or remembers the last where they are no stream. */
  private follow(run: JobRun, values: Observable<unknown>): void {
    const { context, job } = run;
    const { signal } = context;
    let last: unknown;
    const end = (): void => void Promise.resolve(context.pulling).then(() => this.end(run));
    context.room = () => run.stream?.room();
    let subscription: Subscription | undefined;
    const stop = (): void => {
      // Where it was not answered with an error, its caller has gone.
      this.answer(run, undefined);
      run.stream?.stop();
      subscription?.unsubscribe();
      end();
    };
    signal.addEventListener('abort', stop, { once: true });
    const settle = (): void => {
      signal.removeEventListener('abort', stop);
      end();
    };
    subscription = values.subscribe({
      next: (value) => {
        if (context.isStreaming && canStream(job)) {
          this.send(run, value);
        } else {
          last = value;
        }
      },
      error: (error: unknown) => {
        this.fail(run, error, this.parts.options.describeError?.(error));
        settle();
      },
      complete: () => {
        if (context.isStreaming && canStream(job)) {
          this.answer(run, this.text.end(job, this.streamOf(run).position));
        } else {
          this.succeed(run, last);
        }
        settle();
      },
    });
    if (signal.aborted) {
      subscription.unsubscribe();
    }
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
    run.stream ??= this.parts.openStream(run, (reason) => this.cancel(run, reason));
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
    this.fail(run, error, this.parts.options.describeError?.(error));
    run.context.abort(error);
  }

  private answer(run: JobRun, text: string | undefined): void {
    if (run.isAnswered) {
      return;
    }
    run.isAnswered = true;
    clearTimeout(run.timer);
    if (run.stream) {
      // The end comes behind all values.
      void run.stream.flushed().then(() => this.parts.onAnswer(run, text));
    } else {
      this.parts.onAnswer(run, text);
    }
  }

  private end(run: JobRun): void {
    if (!run.hasEnded) {
      run.hasEnded = true;
      run.context.end();
      this.parts.onEnded(run);
    }
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

/** An original requester takes one reply only, and of an emitted job nobody takes any. */
const canStream = ({ version, replyTo }: Job): boolean => version === 2 && replyTo !== undefined;

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { readonly then?: unknown }).then === 'function'
  );
}
