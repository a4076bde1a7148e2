import { argumentOf } from '../../protocol/argument.js';
import type { CountedEnd } from '../../protocol/job-counts.js';
import { replyTtl } from '../../protocol/reply-ttl.js';
import type { DeadJobReply } from '../../protocol/operations/move-to-dead-letters.js';
import type { QueueKeys } from '../../protocol/keys.js';
import type { Job } from '../../protocol/wire/job-element.js';
import type { JobTally } from '../settling/job-tally.js';
import type { QueueLane } from '../settling/queue-lane.js';
import type { WorkerParts } from '../worker-options.js';
import type { AnswerKind, JobRun } from './job-run.js';
import { ReplyStream } from './reply-stream.js';
import type { RunOutput } from './run-replies.js';

/** What counts as the end of a job that was answered. One that is given back ends elsewhere. */
const ENDS_BY_ANSWER: Readonly<Record<AnswerKind, CountedEnd | undefined>> = {
  reply: 'done',
  error: 'failed',
  cancelled: 'cancelled',
  'nobody waits': 'expired',
  'given back': undefined,
};

/** Sends the values and replies of runs to Redis, and notifies the lane of their ends. */
export class RunSettlement implements RunOutput {
  constructor(
    private readonly keys: QueueKeys,
    private readonly parts: Pick<WorkerParts, 'shard' | 'log' | 'scope'>,
    private readonly lane: QueueLane,
    private readonly tally: JobTally,
  ) {}

  openStream(
    { job, place, context }: JobRun,
    onLost: (reason: Error, isTaken: boolean) => void,
  ): ReplyStream {
    const { log, shard, scope } = this.parts;
    const target = {
      queue: this.lane.name,
      id: job.id,
      attempt: context.attempt,
      place,
      list: this.replyList(job),
      ttl: () => replyTtl(shard.driver.clock.now(), job.deadline),
      mayBeLost: () => place.slot.isOfFormerServer(shard.driver.commands.lastRunId),
    };
    // Its values and timers are our own traffic, not that of the handler.
    return scope.runInAsyncScope(() => new ReplyStream(target, shard.driver, log, onLost));
  }

  answered(run: JobRun, text: string | undefined): void {
    const { job, death } = run;
    const end = run.answerKind && ENDS_BY_ANSWER[run.answerKind];
    if (end) {
      this.tally.add(end);
    }
    if (death) {
      void this.lane.bury(run, { ...death, reply: this.replyOf(job, text) }, job.id);
      return;
    }
    if (text !== undefined) {
      // While a long reply waits, its bytes cost the garbage collector less than its text.
      const frame = argumentOf(text);
      run.reply = { list: this.replyList(job), frame, deadline: job.deadline };
    }
    this.lane.settle(run);
  }

  ended(run: JobRun): void {
    const duration = this.parts.shard.driver.runtime.now() - run.startedAt;
    this.tally.ran(duration);
    this.lane.runEnded(run.place, duration);
  }

  /** The reply with which a job becomes a dead letter. It is the text of an error, which is short. */
  private replyOf(job: Job, text: string | undefined): DeadJobReply | undefined {
    const now = this.parts.shard.driver.clock.now();
    return text === undefined
      ? undefined
      : { list: this.replyList(job), text, ttl: replyTtl(now, job.deadline) };
  }

  private replyList({ id, replyTo }: Job): string {
    return replyTo === undefined
      ? this.keys.originalReply(id)
      : this.parts.shard.keys.replies(replyTo);
  }
}
