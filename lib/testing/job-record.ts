import type { QueueKeys } from '../protocol/keys.js';
import type { Death } from '../protocol/wire/dead-letter.js';
import type { Job } from '../protocol/wire/job-element.js';
import type { ReplyFrame } from '../protocol/wire/reply-frame.js';
import type { TestJob, TestJobEnd, TestJobState } from './test-job.js';

type DeadLetter = Pick<Death, 'reason' | 'message'>;

/** The history of one job. Times are ms since the epoch, by the clock of the server. */
export class JobRecord {
  private readonly frames: ReplyFrame[] = [];
  private answeredAt = Infinity;
  private deliveries = 0;
  private lastTakenAt = -Infinity;
  private cancelledAt: number | undefined;
  private dead: DeadLetter | undefined;

  constructor(
    readonly job: Job,
    readonly queue: string,
    readonly keys: QueueKeys,
  ) {}

  /** Records that a worker has taken the job. */
  recordDelivery(now: number): void {
    this.deliveries++;
    this.lastTakenAt = now;
  }

  /** Records that the job went to its queue again: a dead letter that is retried is none any more. */
  recordReturn(): void {
    this.dead = undefined;
  }

  /** Records a frame that was sent to the caller. */
  recordFrame(frame: ReplyFrame, now: number): void {
    this.frames.push(frame);
    if (frame.kind !== 'n') {
      this.answeredAt = Math.min(this.answeredAt, now);
    }
  }

  /** Records that the caller cancelled the job. */
  recordCancellation(now: number): void {
    this.cancelledAt ??= now;
  }

  /** Records that the job has become a dead letter. */
  recordDeadLetter({ reason, message }: DeadLetter): void {
    this.dead = { reason, message };
  }

  /** Whether a caller probably waits for the job. */
  isAwaited(now: number): boolean {
    const { version, replyTo } = this.job;
    const mayHaveCaller = version === 1 || replyTo !== undefined;
    return mayHaveCaller && this.cancelledAt === undefined && !this.isDueAt(now);
  }

  toTestJob(state: TestJobState, now: number): TestJob {
    const { dead, deliveries, frames } = this;
    const { id, data, headers = {} } = this.job;
    return {
      id,
      data,
      headers,
      state,
      deliveries,
      values: frames.flatMap((frame) => (frame.kind === 'n' ? [frame.payload] : [])),
      ...(state === 'ended' && { end: this.endAt(now) }),
      ...answerOf(this.lastFrame),
      ...(dead && { dead }),
    };
  }

  private endAt(now: number): TestJobEnd {
    const { answeredAt, cancelledAt, dead, lastFrame } = this;
    if (dead) {
      return 'dead letter';
    }
    // A caller that has timed out cancels its job, too.
    if (cancelledAt !== undefined && cancelledAt < answeredAt && !this.isDueAt(cancelledAt)) {
      return 'cancelled';
    }
    if (lastFrame && !this.isDueAt(answeredAt)) {
      return lastFrame.kind === 'e' ? 'failed' : 'replied';
    }
    return this.isDueAt(this.isDeliveredEmit ? this.lastTakenAt : now) ? 'expired' : 'unanswered';
  }

  /** Whether the job was emitted and taken: it then runs to its end, unless it had expired before. */
  private get isDeliveredEmit(): boolean {
    return this.job.replyTo === undefined && this.deliveries > 0;
  }

  private isDueAt(time: number): boolean {
    return this.job.deadline !== undefined && this.job.deadline <= time;
  }

  /** The last frame that is no value of a stream: a job that ran twice may have got two replies. */
  private get lastFrame(): ReplyFrame | undefined {
    return this.frames.findLast(({ kind }) => kind !== 'n');
  }
}

function answerOf(frame: ReplyFrame | undefined): Pick<TestJob, 'reply' | 'error'> {
  switch (frame?.kind) {
    case 'r':
      return { reply: frame.payload };
    case 'e':
      return { error: { name: frame.error.name, message: frame.error.message } };
    default:
      return {};
  }
}
