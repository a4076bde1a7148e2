import type { JobMessage, JobOutcome } from './job-message.js';
import type { Writable } from './writable.js';

/** What follows the end of a job: listeners are told. */
export type OnJobEnd = (message: JobMessage) => void;

/** One run of a job that somebody listens to. Its end is told once. */
export class JobTrace {
  private isOver = false;

  constructor(
    private readonly message: Writable<JobMessage>,
    private readonly onEnd: OnJobEnd,
  ) {}

  /** Notes that the job has left the worker. */
  ended(outcome: JobOutcome | undefined, error: unknown, values: number | undefined): void {
    if (!this.isOver) {
      this.isOver = true;
      const { message } = this;
      message.outcome = outcome;
      message.error = error;
      message.values = values;
      this.onEnd(message);
    }
  }
}
