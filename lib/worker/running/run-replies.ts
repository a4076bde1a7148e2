import { PayloadTooLargeError, SerializationError, WorkerLostError } from '../../errors/index.js';
import { isError, propertyOf } from '../../errors/error-text.js';
import {
  parseWireError,
  toWireError,
  libraryErrorToWire,
  withReasons,
  type WireError,
} from '../../protocol/wire/wire-error.js';
import type { FailureLog } from './failure-log.js';
import type { AnswerKind, JobRun } from './job-run.js';
import type { ReplyStream } from './reply-stream.js';
import { ReplyEncoder } from './reply-encoder.js';
import type { JobHandler, WorkerOptions } from '../worker-options.js';

/** Where what runs send and end with goes. */
export interface RunOutput {
  /** Begins to send the values of a run. @param onLost - hears that nobody takes them any more. */
  openStream(run: JobRun, onLost: (reason: Error, isTaken: boolean) => void): ReplyStream;
  /** Hears, once, what a job is answered with; `undefined` = no reply. */
  answered(run: JobRun, text: string | undefined): void;
  /** Hears, once, that the handler has really returned. */
  ended(run: JobRun): void;
}

/** What the replies of a worker need of it. */
export interface ReplyParts {
  readonly handler: JobHandler;
  readonly options: WorkerOptions;
  readonly output: RunOutput;
}

/** What the callers of one queue's jobs get: a reply, values, an error or nothing, and one end. None of it throws. */
export class RunReplies {
  private readonly encoder: ReplyEncoder;

  constructor(
    private readonly parts: ReplyParts,
    private readonly failures: FailureLog,
  ) {
    this.encoder = new ReplyEncoder(parts.handler.queue, parts.options);
  }

  /** Ends a run without a reply: nobody waits for it any more. */
  cancel(run: JobRun, reason: unknown): void {
    this.cancelAborted(run);
    run.context.abort(reason);
  }

  /** As {@link cancel}, for a run that knows that it is aborted. */
  cancelAborted(run: JobRun): void {
    run.stream?.stop();
    if (run.cancel()) {
      this.finish(run, undefined);
    }
  }

  /** Sends a value of a stream. */
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

  /** Ends a stream behind its values. */
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

  /** A reply that cannot be sent is an error of the library's own. */
  private failToSend(run: JobRun, error: unknown): void {
    const isOwn = error instanceof PayloadTooLargeError || error instanceof SerializationError;
    if (isOwn && run.job.version === 2) {
      this.report(run, error);
    }
    this.fail(run, error, isOwn ? libraryErrorToWire(error, run.job.id) : undefined);
  }

  failWith(run: JobRun, error: unknown): void {
    if (run.isAnswered) {
      return;
    }
    const { context } = run;
    if (context.isAbort(error) || (context.isOutOfTime && isInheritedTimeout(error))) {
      // Its deadline has passed: nobody waits, and it has only ended with it.
      this.answer(run, 'nobody waits', undefined);
    } else {
      this.fail(run, error, this.describe(run, error));
    }
  }

  /** The form of an error that has one of its own, for all that its code may do meanwhile. */
  private describe(run: JobRun, error: unknown): WireError | undefined {
    try {
      const { describeError } = this.parts.options;
      const form = describeError?.(error);
      return form && withReasons(parseWireError(form), error, describeError);
    } catch (odd) {
      run.context.strayed('a property of the error it threw', odd);
      return undefined;
    }
  }

  /** @param form - the error's, where it has one of its own; any other error is a surprise and is logged. */
  private fail(run: JobRun, error: unknown, form: WireError | undefined): void {
    if (run.isAnswered) {
      return;
    }
    const { job, stream } = run;
    const canTell = job.version === 2 && job.replyTo !== undefined;
    // Where nobody can be told, the worker's log is the only place left.
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

  /** Answers a run, once. @param text - `undefined` = nothing, or that its stream broke where it was stopped half way. */
  answer(run: JobRun, kind: AnswerKind, text: string | undefined): void {
    if (run.answer(kind)) {
      this.finish(run, text);
    }
  }

  private finish(run: JobRun, text: string | undefined): void {
    const { output } = this.parts;
    const { stream } = run;
    if (stream) {
      // The end comes behind all values.
      void stream.flushed().then(() => output.answered(run, this.endOf(run, stream, text)));
    } else {
      output.answered(run, text);
    }
  }

  /** What a stream ends with: `text`, unless it was stopped before all of its values were sent. */
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
    this.failures.failed(job.id, error, form, context.handledBefore(error));
  }
}

/**
 * Whether a request has ended with the deadline of the job whose handler made it, be that this job or another. Its error may be
 * that of another copy of the library.
 */
const isInheritedTimeout = (error: unknown): boolean =>
  isError(error) &&
  propertyOf(error, 'code') === 'REQUEST_TIMEOUT' &&
  propertyOf(error, 'limit') === 'inherited';
