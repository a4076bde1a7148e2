import { AsyncResource } from 'node:async_hooks';
import type { Job } from '../../protocol/wire/job-element.js';
import type { Timer } from '../../driver/runtime.js';
import type { JobContext } from './job-context.js';
import type { Outcome, OutcomeReply } from '../settling/outcome.js';
import type { ReplyStream } from './reply-stream.js';
import type { JobPlace } from '../taking/slots.js';

/** One job that is being run, in an async context of its own. */
export class JobRun extends AsyncResource implements Outcome {
  /** ms, by the clock of the runtime. */
  readonly startedAt: number;
  /** Whether it is settled what its caller gets, if anything. */
  isAnswered = false;
  /** Whether nobody waits for it any more. */
  isCancelled = false;
  /** What its caller gets, once that is settled. */
  reply: OutcomeReply | undefined;
  /** Whether the handler has really returned, which a timed-out one does later than it is answered. */
  hasEnded = false;
  /** Whether Redis has confirmed that the job has left its slot. */
  isReleased = false;
  /** The values it has sent, if it sends any. */
  stream: ReplyStream | undefined;
  /** Where it stands among the {@link JobRuns}. */
  index = 0;
  /** Ends a run that takes too long. */
  timer: Timer | undefined;

  constructor(
    readonly job: Job,
    readonly place: JobPlace,
    readonly context: JobContext,
  ) {
    super('ReqRepJob');
    this.startedAt = context.time.runtime.now();
  }

  /** Hands out the data, once: what is long should not live until its job has left its slot. */
  takeData(): unknown {
    const { data } = this.job;
    this.job.data = undefined;
    return data;
  }

  /**
   * Settles that its caller gets its end, and lets go of what waited for that: whatever ends a run comes by here.
   * @returns whether it was not settled before.
   */
  close(): boolean {
    if (this.isAnswered) {
      return false;
    }
    this.isAnswered = true;
    this.context.time.runtime.clear(this.timer);
    return true;
  }

  /** Whether values of it may have reached its caller, so that it must not begin anew. */
  get hasSent(): boolean {
    return this.stream !== undefined && this.stream.pushedCount > 0;
  }
}
