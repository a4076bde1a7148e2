/**
 * After how many jobs in a row that were there already others are likely to be there, too. (A caller may have sent one while
 * this process was kept from asking.)
 */
const MOST_READY = 2;

/** How the jobs of one queue come: together, so that the next ones are to be taken, or one by one. */
export class Arrivals {
  /** Whether there were as many as were last asked for, so that the next need not be waited for. */
  areMore = false;
  /** How many in a row were there already when they were to be waited for. */
  private ready = MOST_READY;
  /** How many came since one was last waited for, that one included. */
  private came = 0;

  /** Whether none is likely to be there when the one before is done. */
  areSingle(): boolean {
    return this.ready < MOST_READY;
  }

  /** So many were taken without waiting. @param most - how many were asked for. */
  taken(count: number, most: number): void {
    this.areMore = count === most;
    if (count > 0) {
      this.ready = MOST_READY;
    } else if (this.came <= 1) {
      this.ready = 0;
    }
    this.came += count;
  }

  /** One was waited for. @param hasCome - whether one has come in time. */
  waitedFor(hasCome: boolean): void {
    this.came = hasCome ? 1 : 0;
    this.areMore = hasCome;
  }

  /** One was to be waited for as soon as the one before was done. @param wasReady - whether it was there already. */
  followed(wasReady: boolean): void {
    this.ready = wasReady ? this.ready + 1 : 0;
  }

  /** Nothing is known any more. */
  forget(): void {
    this.ready = MOST_READY;
  }
}
