import type { Observable } from 'rxjs';
import {
  PayloadTooLargeError,
  RequestTimeoutError,
  SerializationError,
  WorkerLostError,
} from '../errors/index.js';
import { isError } from '../errors/error-text.js';
import type { Log } from '../observability/log.js';
import {
  readErrorForm,
  toErrorForm,
  toOwnErrorForm,
  type ErrorForm,
} from '../protocol/error-form.js';
import type { Job } from '../protocol/job-element.js';
import { FailureLog } from './failure-log.js';
import { JobContext, type OnStray } from './job-context.js';
import { JobRun } from './job-run.js';
import { ReplyText } from './reply-text.js';
import type { ReplyStream } from './reply-stream.js';
import { RunValues, type ValueReplies } from './run-values.js';
import type { JobPlace } from './slots.js';
import { SourceSubscriber } from './source-subscriber.js';
import { valuesOf } from './stream-source.js';
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

/**
 * Runs jobs: calls the handler and turns what it returns, sends or throws into replies. Whatever the code of the application
 * does, each run ends exactly once, and nothing is thrown at whoever hands in a job or cancels one.
 */
export class JobRunner implements ValueReplies {
  private readonly text: ReplyText;
  private readonly failures: FailureLog;
  private readonly onStray: OnStray;

  constructor(private readonly parts: RunnerParts) {
    this.text = new ReplyText(parts.handler.queue, parts.options);
    this.failures = new FailureLog(parts.handler, parts.log);
    this.onStray = (what, id, error) => this.failures.strayed(what, id, error);
  }

  run(job: Job, place: JobPlace): JobRun {
    const { handler, serverNow } = this.parts;
    const context = new JobContext(handler.queue, job, serverNow, this.onStray);
    const run = new JobRun(job, place, context);
    try {
      run.runInAsyncScope(this.begin, this, run);
    } catch (error) {
      this.threw(run, error);
    }
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
    const mayBeRunAgain = run.close();
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
    let comesLater: boolean;
    try {
      result = handler.handle(run.takeData(), run.context);
      comesLater = isPromiseLike(result);
    } catch (error) {
      this.threw(run, error);
      return;
    }
    if (comesLater) {
      void this.returnedLater(run, result);
    } else {
      this.returned(run, result);
    }
  }

  private async returnedLater(run: JobRun, result: unknown): Promise<void> {
    let value: unknown;
    try {
      value = await result;
    } catch (error) {
      this.threw(run, error);
      return;
    }
    this.returned(run, value);
  }

  private returned(run: JobRun, value: unknown): void {
    let values: Observable<unknown> | undefined;
    try {
      values = valuesOf(value, run.context);
    } catch (error) {
      this.threw(run, error);
      return;
    }
    if (values) {
      this.follow(run, values);
    } else {
      this.succeed(run, value);
      this.end(run);
    }
  }

  private threw(run: JobRun, error: unknown): void {
    this.failWith(run, error);
    this.end(run);
  }

  private follow(run: JobRun, values: Observable<unknown>): void {
    const { context } = run;
    if (context.isAborted) {
      this.answer(run, undefined);
      this.end(run);
      return;
    }
    context.room = () => run.stream?.room();
    const source = new SourceSubscriber(new RunValues(run, this));
    context.whenAborted(() => {
      if (!run.isAnswered) {
        // Its deadline has passed.
        run.isCancelled = true;
        run.stream?.stop();
        this.answer(run, undefined);
      }
      source.unsubscribe();
    });
    try {
      source.add(values.subscribe(source));
    } catch (error) {
      source.error(error);
    }
  }

  /** Sends a value of a stream. */
  send(run: JobRun, value: unknown): void {
    if (run.isAnswered) {
      return;
    }
    let json: string | undefined;
    try {
      json = this.text.value(value);
    } catch (error) {
      this.failToSend(run, error);
      run.context.abort(error);
      return;
    }
    this.streamOf(run).add(json);
  }

  /** Ends a stream behind its values. */
  endStream(run: JobRun): void {
    if (!run.isAnswered) {
      this.answer(run, this.text.end(run.job, this.streamOf(run).position));
    }
  }

  private streamOf(run: JobRun): ReplyStream {
    run.stream ??= this.parts.openStream(run, (reason, isTaken) => {
      if (isTaken) {
        this.cancel(run, reason);
      } else {
        this.answer(run, undefined);
        run.context.abort(reason);
      }
    });
    return run.stream;
  }

  succeed(run: JobRun, value: unknown): void {
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

  failWith(run: JobRun, error: unknown): void {
    if (run.isAnswered) {
      return;
    }
    const { context } = run;
    if (context.isAbort(error) || (context.isOutOfTime && isInheritedTimeout(error))) {
      // Its deadline has passed: nobody waits, and it has only ended with it.
      this.answer(run, undefined);
    } else {
      this.fail(run, error, this.describe(run, error));
    }
  }

  /** The form of an error that has one of its own, for all that its code may do meanwhile. */
  private describe(run: JobRun, error: unknown): ErrorForm | undefined {
    try {
      const form = this.parts.options.describeError?.(error);
      return form && readErrorForm(form);
    } catch (odd) {
      run.context.strayed('the error that it threw', odd);
      return undefined;
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
    if (!run.close()) {
      return;
    }
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

  end(run: JobRun): void {
    run.context.whenDone(() => {
      if (!run.hasEnded) {
        run.hasEnded = true;
        run.context.end();
        this.parts.onEnded(run);
      }
    });
  }

  private report({ job }: JobRun, error: unknown): void {
    this.failures.failed(job.id, toErrorForm(error));
  }
}
/** What a run ends with that takes longer than the handler's `timeout`. */
class JobTimeoutError extends Error {
  static {
    this.prototype.name = 'TimeoutError';
  }

  readonly code = 'JOB_TIMEOUT';
}

/** Whether a request has ended with the deadline of the job whose handler made it, be that this job or another. */
const isInheritedTimeout = (error: unknown): boolean =>
  isError(error) && error instanceof RequestTimeoutError && error.limit === 'inherited';

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { readonly then?: unknown }).then === 'function'
  );
}
