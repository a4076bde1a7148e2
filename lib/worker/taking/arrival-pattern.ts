/**
 * After how many jobs in a row that were there already others are likely to be there, too. (A caller may have sent one while
 * this process was kept from asking.)
 */
const BACKLOG_AFTER_READY_JOBS = 2;

/** How the jobs of one queue come: together, so that the next ones are to be taken, or one by one. */
export class ArrivalPattern {
  /** Whether there were as many as were last asked for, so that the next need not be waited for. */
  isBacklogged = false;
  /** How many in a row were there already when they were to be waited for. */
  private readyInARow = BACKLOG_AFTER_READY_JOBS;
  /** How many came since one was last waited for, that one included. */
  private arrivedSinceWait = 0;

  /** Whether none is likely to be there when the one before is done. */
  isOneByOne(): boolean {
    return this.readyInARow < BACKLOG_AFTER_READY_JOBS;
  }

  /** So many were taken without waiting. @param most - how many were asked for. */
  tookWithoutWait(count: number, most: number): void {
    this.isBacklogged = count === most;
    if (count > 0) {
      this.readyInARow = BACKLOG_AFTER_READY_JOBS;
    } else if (this.arrivedSinceWait <= 1) {
      this.readyInARow = 0;
    }
    this.arrivedSinceWait += count;
  }

  /** One was waited for. @param hasCome - whether one has come in time. */
  waitEnded(hasCome: boolean): void {
    this.arrivedSinceWait = hasCome ? 1 : 0;
    this.isBacklogged = hasCome;
  }

  /** One was to be waited for as soon as the one before was done. @param wasReady - whether it was there already. */
  nextWasReady(wasReady: boolean): void {
    this.readyInARow = wasReady ? this.readyInARow + 1 : 0;
  }

  /** Nothing is known any more. */
  forget(): void {
    this.readyInARow = BACKLOG_AFTER_READY_JOBS;
  }
}
