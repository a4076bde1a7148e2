import { AsyncResource } from 'node:async_hooks';
import type { Job } from '../../protocol/wire/job-element.js';
import type { Timer } from '../../driver/runtime.js';
import type { RunContext } from './run-context.js';
import type { Outcome, OutcomeReply } from '../settling/outcome.js';
import type { ReplyStream } from './reply-stream.js';
import type { JobPlace } from '../taking/slots.js';

/** How a run was answered. */
export type AnswerKind =
  /** With what its handler has returned, or the end of its stream. */
  | 'reply'
  | 'error'
  /** With nothing, since its caller has cancelled it or reads its stream no more. */
  | 'cancelled'
  /** With nothing, since nobody waits any more: its deadline has passed, or another worker has taken the job over. */
  | 'nobody waits'
  /** With nothing, since it is to be run again. */
  | 'given back';

/** Where runs are kept that are not over. */
export interface RunKeeper {
  over(run: JobRun): void;
}

/**
 * One job that is being run, in an async context of its own. Three things end, in any order, once each: it is answered, its
 * handler returns, and its job leaves its slot.
 */
export class JobRun extends AsyncResource implements Outcome {
  /** ms, by the clock of the runtime. */
  readonly startedAt: number;
  /** What its caller gets, once that is known. */
  reply: OutcomeReply | undefined;
  /** The values it has sent, if it sends any. */
  stream: ReplyStream | undefined;
  /** Ends a run that takes too long. */
  timer: Timer | undefined;
  /** Keeps it until it is over. */
  keeper: RunKeeper | undefined;
  /** Its index in the registry. */
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

  /** How it was answered; `undefined` while it is not. */
  get answerKind(): AnswerKind | undefined {
    return this.answeredWith;
  }

  /** Whether it is known what its caller gets, if anything. */
  get isAnswered(): boolean {
    return this.answeredWith !== undefined;
  }

  /** Whether nobody waits for it any more. */
  get isCancelled(): boolean {
    return this.answeredWith === 'cancelled';
  }

  /** Whether the handler has really returned, which a timed-out one does later than it is answered. */
  get hasEnded(): boolean {
    return this.context.hasEnded;
  }

  /** Whether Redis has confirmed that the job has left its slot, or it is left to other workers. */
  get isReleased(): boolean {
    return this.hasLeftSlot;
  }

  /** Whether values of it may have reached its caller, so that it must not begin anew. */
  get hasSent(): boolean {
    return this.stream !== undefined && this.stream.pushedCount > 0;
  }

  /** Hands out the data, once: what is long should not live until its job has left its slot. */
  takeData(): unknown {
    const { data } = this.job;
    this.job.data = undefined;
    return data;
  }

  /**
   * Decides how it is answered, and lets go of what waited for that: whatever answers a run comes by here.
   * @returns whether it was not answered before.
   */
  answer(kind: AnswerKind): boolean {
    if (this.answeredWith !== undefined) {
      return false;
    }
    this.answeredWith = kind;
    this.context.time.runtime.clear(this.timer);
    return true;
  }

  /** Its caller waits no longer, not even for an answer that still waits behind the values of a stream. */
  cancel(): boolean {
    const isFirst = this.answer('cancelled');
    this.answeredWith = 'cancelled';
    return isFirst;
  }

  /** Its handler has returned. @returns whether that is news. */
  end(): boolean {
    if (this.hasEnded) {
      return false;
    }
    this.context.end();
    this.leaveIfOver();
    return true;
  }

  /** Its job has left its slot, or is left to other workers. */
  onReleased(): void {
    this.hasLeftSlot = true;
    this.leaveIfOver();
  }

  private leaveIfOver(): void {
    if (this.hasLeftSlot && this.hasEnded) {
      this.keeper?.over(this);
    }
  }
}
