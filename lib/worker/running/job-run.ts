import { AsyncResource } from 'node:async_hooks';
import type { Death } from '../../protocol/wire/dead-letter.js';
import type { Job } from '../../protocol/wire/job-element.js';
import type { Timer } from '../../driver/runtime.js';
import type { JobTrace } from '../../telemetry/job-trace.js';
import type { RunContext } from './run-context.js';
import type { Outcome, OutcomeReply } from '../settling/outcome.js';
import type { ReplyStream } from './reply-stream.js';
import type { JobPlace } from '../taking/slots.js';

/** The answer to the caller of a run. */
export type AnswerKind =
  /** Answered with the value that the handler has returned, or the end of its stream. */
  | 'reply'
  | 'error'
  /**
   * Answered with nothing, because the caller cancelled the job, another worker recovered it, or the deadline passed during its stream.
   */
  | 'cancelled'
  /** Answered with nothing, because the handler ended with its deadline, or the caller stopped reading its stream. */
  | 'nobody waits'
  /** Answered with nothing, because the job is to be run again. */
  | 'given back';

/** Keeps runs until they are over. */
export interface RunKeeper {
  over(run: JobRun): void;
}

/**
 * One execution of a handler, in an async context of its own. Three things happen once each, in any order: its caller is answered,
 * its handler returns, and its job leaves its slot. The run is over after the last two.
 */
export class JobRun extends AsyncResource implements Outcome {
  /** ms, by the clock of the runtime. */
  readonly startedAt: number;
  /** The reply to the caller, once it is known. */
  reply: OutcomeReply | undefined;
  /** The stream of its values, if it sends any. */
  stream: ReplyStream | undefined;
  /** Told the end of the run, where somebody listens. */
  trace: JobTrace | undefined;
  /** What the run was answered with, where that is an error. */
  error: unknown;
  /** Why the job becomes a dead letter when it is settled; `undefined` = it does not. */
  death: Death | undefined;
  /** Aborts the run when its handler exceeds its timeout. */
  timer: Timer | undefined;
  /** Notified when the run is over. */
  keeper: RunKeeper | undefined;
  /** The index of the run in its registry. */
  index = 0;
  private answeredWith: AnswerKind | undefined;
  private hasLeftSlot = false;

  constructor(
    readonly job: Job,
    readonly place: JobPlace,
    readonly context: RunContext,
  ) {
    super('ReqRepJob');
    this.startedAt = context.time.runtime.now();
  }

  /** The answer to the caller; `undefined` before there is one. */
  get answerKind(): AnswerKind | undefined {
    return this.answeredWith;
  }

  /** Whether the answer to the caller is decided, also if there is none. */
  get isAnswered(): boolean {
    return this.answeredWith !== undefined;
  }

  /** Whether the caller has cancelled the job. */
  get isCancelled(): boolean {
    return this.answeredWith === 'cancelled';
  }

  /** Whether the handler has really returned. A handler that has timed out returns later than its caller is answered. */
  get hasEnded(): boolean {
    return this.context.hasEnded;
  }

  /** Whether Redis has confirmed that the job has left its slot, or it is left to other workers. */
  get isReleased(): boolean {
    return this.hasLeftSlot;
  }

  /** Whether values of the stream may have reached the caller, so that the job must not run again. */
  get hasSent(): boolean {
    return this.stream !== undefined && this.stream.pushedCount > 0;
  }

  /** Returns the data once, and lets go of it: long data should not stay in memory until the job has left its slot. */
  takeData(): unknown {
    const { data } = this.job;
    this.job.data = undefined;
    return data;
  }

  /**
   * Decides how the caller is answered. Every way to answer a run calls this.
   * @returns whether the run was not answered before.
   */
  answer(kind: AnswerKind): boolean {
    if (this.answeredWith !== undefined) {
      return false;
    }
    this.answeredWith = kind;
    this.context.time.runtime.clear(this.timer);
    return true;
  }

  /**
   * Answers the run as cancelled, even when the end of its stream still waits to be sent.
   * @returns whether it was not answered before.
   */
  cancel(): boolean {
    const isFirst = this.answer('cancelled');
    this.answeredWith = 'cancelled';
    return isFirst;
  }

  /** Notes that the handler has returned. @returns whether that is news. */
  end(): boolean {
    if (this.hasEnded) {
      return false;
    }
    this.context.end();
    this.leaveIfOver();
    return true;
  }

  /** Notes that the job has left its slot, or is left to other workers. */
  onReleased(): void {
    this.hasLeftSlot = true;
    this.trace?.ended(this.answeredWith, this.error, this.stream?.pushedCount);
    this.leaveIfOver();
  }

  private leaveIfOver(): void {
    if (this.hasLeftSlot && this.hasEnded) {
      this.keeper?.over(this);
    }
  }
}
