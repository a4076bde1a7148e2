import type { Job } from '../protocol/job-element.js';
import type { JobContext } from './job-context.js';
import type { ReplyStream } from './reply-stream.js';
import type { Slot } from './slots.js';

/** One job that is being run in a slot. */
export class JobRun {
  readonly startedAt = performance.now();
  /** Whether it is settled what its caller gets, if anything. */
  isAnswered = false;
  /** Whether the handler has really returned, which a timed-out one does later than it is answered. */
  hasEnded = false;
  /** Whether Redis has confirmed that the slot is free. */
  isReleased = false;
  /** Called when it is. */
  onReleased: (() => void) | undefined;
  /** The values it has sent, if it sends any. */
  stream: ReplyStream | undefined;
  /** Ends a run that takes too long. */
  timer: NodeJS.Timeout | undefined;

  constructor(
    readonly job: Job,
    readonly slot: Slot,
    readonly context: JobContext,
  ) {}
}
