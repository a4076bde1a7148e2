import { PayloadTooLargeError, SerializationError, WorkerLostError } from '../../errors/index.js';
import { isError, propertyOf } from '../../errors/error-text.js';
import {
  parseWireError,
  toWireError,
  libraryErrorToWire,
  withReasons,
  type WireError,
} from '../../protocol/wire/wire-error.js';
import { deathOf } from './failed-jobs.js';
import type { JobFailures } from './job-failures.js';
import type { FailureLog } from './failure-log.js';
import type { AnswerKind, JobRun } from './job-run.js';
import type { ReplyStream } from './reply-stream.js';
import { ReplyEncoder } from './reply-encoder.js';
import type { JobHandler, WorkerOptions } from '../worker-options.js';

/** The receiver of the values and the replies of runs. */
export interface RunOutput {
  /** Opens the stream of a run. @param onLost - called when nobody reads the values any more. */
  openStream(run: JobRun, onLost: (reason: Error, isTaken: boolean) => void): ReplyStream;
  /** Called once with the reply of a run; `undefined` = no reply. */
  answered(run: JobRun, text: string | undefined): void;
  /** Called once when the handler has really returned. */
  ended(run: JobRun): void;
}

/** The part of the worker that the replies use. */
export interface ReplyParts {
  readonly handler: JobHandler;
  readonly options: WorkerOptions;
  readonly failures: JobFailures;
  readonly output: RunOutput;
}

/** Decides what the callers of one queue get: a reply, a stream of values, an error or nothing. No method throws. */
export class RunReplies {
  private readonly encoder: ReplyEncoder;

  constructor(
    private readonly parts: ReplyParts,
    private readonly log: FailureLog,
  ) {
    this.encoder = new ReplyEncoder(parts.handler.queue, parts.options);
  }

  /** Ends a run without a reply, because nobody waits for it any more, and aborts its signal. */
  cancel(run: JobRun, reason: unknown): void {
    this.cancelAborted(run);
    run.context.abort(reason);
  }

  /** Ends a run without a reply whose signal is aborted already. */
  cancelAborted(run: JobRun): void {
    run.stream?.stop();
    if (run.cancel()) {
      this.finish(run, undefined);
    }
  }

  /** Sends a value of the stream of a run. */
  send(run: JobRun, value: unknown): void {
    if (run.isAnswered) {
      return;
    }
    let json: string | undefined;
    try {
      json = this.encoder.value(value);
    } catch (error) {
      this.failToSend(run, error);
      run.context.abort(error);
      return;
    }
    this.streamOf(run).add(json);
  }

  /** Ends the stream of a run after its values. */
  endStream(run: JobRun): void {
    if (!run.isAnswered) {
      this.answer(run, 'reply', this.encoder.end(run.job, this.streamOf(run).position));
    }
  }

  private streamOf(run: JobRun): ReplyStream {
    run.stream ??= this.parts.output.openStream(run, (reason, isTaken) => {
      if (isTaken) {
        this.cancel(run, reason);
      } else {
        this.answer(run, 'nobody waits', undefined);
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
      text = this.encoder.success(run.job, value);
    } catch (error) {
      this.failToSend(run, error);
      return;
    }
    this.answer(run, 'reply', text);
  }

  /** Answers a run whose reply cannot be sent with the error of the library that says why. */
  private failToSend(run: JobRun, error: unknown): void {
    const isOwn = error instanceof PayloadTooLargeError || error instanceof SerializationError;
    if (isOwn && run.job.version === 2) {
      this.report(run, error);
    }
    this.fail(run, error, isOwn ? libraryErrorToWire(error, run.job.id) : undefined, false);
  }

  failWith(run: JobRun, error: unknown): void {
    if (run.isAnswered) {
      return;
    }
    const { context } = run;
    if (context.isAbort(error) || (context.isOutOfTime && isInheritedTimeout(error))) {
      // The run has ended with its deadline, when nobody waits any more.
      this.answer(run, 'nobody waits', undefined);
    } else {
      this.fail(run, error, this.describe(run, error));
    }
  }

  /** @returns the wire form of an error that the framework can describe. Reading the error may run code that throws. */
  private describe(run: JobRun, error: unknown): WireError | undefined {
    try {
      const { describeError } = this.parts.options;
      const form = describeError?.(error);
      return form && withReasons(parseWireError(form), error, describeError);
    } catch (unreadable) {
      run.context.strayed('a property of the error it threw', unreadable);
      return undefined;
    }
  }

  /**
   * Answers a run with an error.
   * @param form - the wire form of an error that the framework can describe. Other errors are unexpected and are logged.
   */
  private fail(
    run: JobRun,
    error: unknown,
    form: WireError | undefined,
    isExpected = form !== undefined,
  ): void {
    if (run.isAnswered) {
      return;
    }
    run.error = error;
    run.death = deathOf(run, error, form, this.parts);
    this.parts.failures.failed(this.parts.handler, run.context, error, isExpected);
    const { job, stream } = run;
    const canTell = job.version === 2 && job.replyTo !== undefined;
    // If the error cannot be sent to the caller, only the log of the worker is left to report it.
    if (!form || !canTell) {
      this.report(run, error, form);
    }
    if (!canTell) {
      this.answer(run, 'error', undefined);
      return;
    }
    const sent = form ?? toWireError(error, this.parts.options.describeError);
    this.answer(run, 'error', this.encoder.failure(job, sent, stream?.position));
  }

  /** Answers a run, once. @param text - the frame; `undefined` = none, or an error where the stream was stopped half way. */
  answer(run: JobRun, kind: AnswerKind, text: string | undefined): void {
    if (run.answer(kind)) {
      this.finish(run, text);
    }
  }

  private finish(run: JobRun, text: string | undefined): void {
    const { output } = this.parts;
    const { stream } = run;
    if (stream) {
      // The end is sent after all values.
      void stream.flushed().then(() => output.answered(run, this.endOf(run, stream, text)));
    } else {
      output.answered(run, text);
    }
  }

  /** @returns the last frame of a stream: `text`, unless the stream was stopped before all of its values were sent. */
  private endOf(run: JobRun, stream: ReplyStream, text: string | undefined): string | undefined {
    if (run.isCancelled) {
      return undefined;
    }
    if (!stream.isStopped || (stream.isComplete && text !== undefined)) {
      return text;
    }
    const { job, context } = run;
    const { queue } = this.parts.handler;
    const error = new WorkerLostError(queue, String(job.id), context.attempt, stream.pushedCount);
    return this.encoder.failure(job, libraryErrorToWire(error, job.id), stream.pushedPosition);
  }

  private report({ job, context }: JobRun, error: unknown, form?: WireError): void {
    this.log.failed(job.id, error, form, context.handledBefore(error));
  }
}

/**
 * Whether an error is the timeout of a request that has ended with the deadline of the job whose handler made it, be that this job
 * or another. Recognized by its fields, because it may come from another copy of the library.
 */
const isInheritedTimeout = (error: unknown): boolean =>
  isError(error) &&
  propertyOf(error, 'code') === 'REQUEST_TIMEOUT' &&
  propertyOf(error, 'limit') === 'inherited';
