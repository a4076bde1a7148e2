import { isTemporary, isRefusal } from '../../driver/refusal.js';
import type { OutgoingJob } from './outgoing-job.js';
import type { Batch } from './push-batches.js';
import { failRefusedJobs } from './push-results.js';

/** What becomes of the jobs that were pushed together, where Redis refused them or did not confirm them. */
export class FailedPushes {
  /** Those that are to be pushed again. */
  readonly jobsToRepeat: OutgoingJob[] = [];
  /** What Redis refuses for a reason that passes, if it does, and of which queues. */
  refusal: Error | undefined;
  readonly refusedQueues: string[] = [];
  private readonly endings: (() => void)[] = [];

  add({ jobs }: Batch, error: unknown): void {
    const wanted = jobs.filter(({ sender }) => sender.isWaiting());
    if (isTemporary(error)) {
      this.refusal = error;
      this.refusedQueues.push(...jobs.slice(0, 1).map(({ queue }) => queue));
      this.jobsToRepeat.push(...wanted);
    } else if (isRefusal(error)) {
      this.endings.push(() => failRefusedJobs(wanted, error));
    } else {
      this.unconfirmed(wanted);
    }
  }

  /** Ends the senders of the jobs that are not pushed again. Whoever hears of it may end others, too. */
  endSenders(): void {
    this.endings.forEach((end) => end());
  }

  /** Nobody knows whether Redis has them. They are pushed again, since a job that is run twice has one reply. */
  private unconfirmed(jobs: readonly OutgoingJob[]): void {
    for (const job of jobs) {
      job.mayBeInRedis = true;
      if (job.mustNotRepeat) {
        this.endings.push(() => job.sender.pushUnconfirmed());
      } else {
        this.jobsToRepeat.push(job);
      }
    }
  }
}
