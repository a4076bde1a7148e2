/**
 * Number of jobs in a row that must be in the queue before the wait for them begins, until more are expected there. One is not enough: a
 * caller may have sent it while this process was too busy to wait.
 */
const BACKLOG_AFTER_READY_JOBS = 2;

/** The way in which the jobs of one queue arrive: many at a time, so that the next ones can be taken at once, or one by one. */
export class ArrivalPattern {
  /** Whether the last take was full, so that the queue is likely to hold more jobs. */
  isBacklogged = false;
  /** Number of jobs in a row that were in the queue already when the wait for them began. */
  private readyInARow = BACKLOG_AFTER_READY_JOBS;
  /** Number of jobs that have arrived since the last wait began, including the job that ended the wait. */
  private arrivedSinceWait = 0;

  /** Whether the queue is likely to be empty when the current job is done. */
  isOneByOne(): boolean {
    return this.readyInARow < BACKLOG_AFTER_READY_JOBS;
  }

  /** Notes a take that did not wait. @param most - how many jobs the take could have brought. */
  tookWithoutWait(count: number, most: number): void {
    this.isBacklogged = count === most;
    if (count > 0) {
      this.readyInARow = BACKLOG_AFTER_READY_JOBS;
    } else if (this.arrivedSinceWait <= 1) {
      this.readyInARow = 0;
    }
    this.arrivedSinceWait += count;
  }

  /** Notes the end of a wait. @param hasCome - whether a job has arrived in time. */
  waitEnded(hasCome: boolean): void {
    this.arrivedSinceWait = hasCome ? 1 : 0;
    this.isBacklogged = hasCome;
  }

  /** Notes a wait that began as soon as a job was done. @param wasReady - whether the next job was in the queue already. */
  nextWasReady(wasReady: boolean): void {
    this.readyInARow = wasReady ? this.readyInARow + 1 : 0;
  }

  /** Forgets the pattern, such as after a lost connection. */
  forget(): void {
    this.readyInARow = BACKLOG_AFTER_READY_JOBS;
  }
}
