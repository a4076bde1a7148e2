import type { Observable } from 'rxjs';
import { shown } from '../../errors/error-text.js';
import type { Hooks } from '../../telemetry/hooks.js';
import type { Log } from '../../telemetry/log.js';
import type { Job } from '../../protocol/wire/job-element.js';
import { FailureLog } from './failure-log.js';
import { RunContext, type JobTime, type OnStray } from './run-context.js';
import { JobRun } from './job-run.js';
import { RunReplies, type ReplyParts } from './run-replies.js';
import { RunValues } from './run-values.js';
import type { JobPlace } from '../taking/slots.js';
import { SourceSubscriber } from './source-subscriber.js';
import { valuesOf } from './stream-source.js';

/** The part of the worker that a runner uses. */
export interface RunnerParts extends ReplyParts {
  readonly log: Log;
  readonly hooks: Hooks;
  readonly time: JobTime;
}

/**
 * Runs jobs: calls the handler, and passes what it returns, streams or throws to the replies. Whatever the code of the application
 * does, each run ends exactly once, and `run` and `cancel` never throw.
 */
export class JobRunner {
  private readonly replies: RunReplies;
  private readonly onStray: OnStray;

  constructor(private readonly parts: RunnerParts) {
    const { handler, failures } = parts;
    const log = new FailureLog(handler, parts.log.ofAllServers, parts.time.runtime);
    this.replies = new RunReplies(parts, log);
    this.onStray = (what, job, error) => {
      log.strayed(what, job.id, error);
      failures.failed(handler, job, error, false);
    };
  }

  run(job: Job, place: JobPlace): JobRun {
    const { handler, time } = this.parts;
    const context = new RunContext(handler.queue, job, time, this.onStray);
    const run = new JobRun(job, place, context);
    try {
      run.runInAsyncScope(this.parts.hooks.areJobsHeard ? this.beginHeard : this.begin, this, run);
    } catch (error) {
      this.threw(run, error);
    }
    return run;
  }

  /** Ends a run without a reply, because nobody waits for it any more, and aborts its signal. */
  cancel(run: JobRun, reason: unknown): void {
    this.replies.cancel(run, reason);
  }

  /**
   * Cuts off a run, because its worker stops. What the handler still returns is discarded.
   * @returns whether the job may be run again. If values of its stream may have arrived already, they would arrive twice: the stream
   * ends with an error instead.
   */
  interrupt(run: JobRun, reason: unknown): boolean {
    run.stream?.stop();
    if (run.hasSent) {
      run.error ??= reason;
      this.replies.answer(run, 'error', undefined);
    }
    const mayBeRunAgain = run.answer('given back');
    run.context.abort(reason);
    return mayBeRunAgain;
  }

  /** Begins a run that somebody listens to, in the async context that listeners make for it. */
  private beginHeard(run: JobRun): void {
    const { handler, hooks, time } = this.parts;
    const { id, queue, headers, attempt, pushedAt, isAwaited } = run.context;
    const job = {
      kind: isAwaited ? ('request' as const) : ('emit' as const),
      queue,
      handler: handler.name,
      id,
      headers,
      attempt,
      waited: pushedAt === undefined ? undefined : Math.max(0, time.clock.now() - pushedAt),
    };
    hooks.jobBegins(job, (trace) => {
      run.trace = trace;
      this.begin(run);
    });
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
    const { handler, time } = this.parts;
    if (handler.timeout > 0) {
      run.timer = time.runtime.setTimeout(() => this.timeOut(run), handler.timeout);
    }
    let result: unknown;
    let isPromise: boolean;
    try {
      result = handler.handle(run.takeData(), run.context);
      isPromise = isPromiseLike(result);
    } catch (error) {
      this.threw(run, error);
      return;
    }
    if (isPromise) {
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
      this.replies.succeed(run, value);
      this.end(run);
    }
  }

  private threw(run: JobRun, error: unknown): void {
    this.replies.failWith(run, error);
    this.end(run);
  }

  private follow(run: JobRun, values: Observable<unknown>): void {
    const { context } = run;
    if (context.isAborted) {
      this.replies.answer(run, 'nobody waits', undefined);
      this.end(run);
      return;
    }
    context.room = () => run.stream?.room();
    const source = new SourceSubscriber(new RunValues(run, this.replies, () => this.end(run)));
    context.whenAborted(() => {
      if (!run.isAnswered) {
        // The deadline of the job has passed.
        this.replies.cancelAborted(run);
      }
      source.unsubscribe();
    });
    try {
      source.add(values.subscribe(source));
    } catch (error) {
      source.error(error);
    }
  }

  private timeOut(run: JobRun): void {
    const { name, timeout } = this.parts.handler;
    const error = new JobTimeoutError(`${name} exceeded its timeout of ${timeout} ms`);
    this.replies.failWith(run, error);
    run.context.abort(error);
  }

  private end(run: JobRun): void {
    run.context.whenDone(() => {
      if (run.end()) {
        this.parts.output.ended(run);
      }
    });
    if (!run.hasEnded) {
      // A handler that is about to return, such as a generator that has just ended its stream, is not aborted.
      this.parts.time.runtime.setImmediate(() => this.abortIfRunning(run));
    }
  }

  /** Aborts a handler that an interceptor has not waited for. */
  private abortIfRunning({ hasEnded, context }: JobRun): void {
    if (!hasEnded && !context.isAborted) {
      context.abort(new JobAnsweredError(context));
    }
  }
}

/** The reason for which `job.signal` aborts when the job has its reply while its handler still runs. */
class JobAnsweredError extends Error {
  static {
    this.prototype.name = 'AbortError';
  }

  readonly code = 'JOB_ANSWERED';

  constructor({ id, queue }: Pick<RunContext, 'id' | 'queue'>) {
    super(
      `Job ${shown(id)} of queue "${queue}" has its reply already, for example from the timeout() of an interceptor: ` +
        `what its handler still does is discarded`,
    );
  }
}

/** The error of a run that takes longer than the `timeout` of its handler. */
class JobTimeoutError extends Error {
  static {
    this.prototype.name = 'TimeoutError';
  }

  readonly code = 'JOB_TIMEOUT';
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { readonly then?: unknown }).then === 'function'
  );
}
