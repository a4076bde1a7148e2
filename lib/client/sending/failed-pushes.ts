import { isTemporary, isRefusal } from '../../driver/refusal.js';
import type { OutgoingJob } from './outgoing-job.js';
import type { Batch } from './push-batches.js';
import { failRefusedJobs } from './push-results.js';

/** Decides what happens to jobs whose push Redis refused or did not confirm. */
export class FailedPushes {
  /** Jobs to push again. */
  readonly jobsToRepeat: OutgoingJob[] = [];
  /** Last temporary refusal, and the queues it was about. */
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

  /** Ends the senders of jobs that are not pushed again. Their subscribers may end other requests meanwhile. */
  endSenders(): void {
    this.endings.forEach((end) => end());
  }

  /** Repeats pushes whose effect is unknown. A job that runs twice still gets one reply; with `maxDeliveries: 1` it is not repeated. */
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
