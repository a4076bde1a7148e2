/** Jobs that a worker holds at most, those that it runs included, unless its `concurrency` is larger. */
const MOST_HELD = 128;

/** Jobs are held ahead for about as long as this, ms: another worker might be free to run them. */
const AHEAD = 5;

/** How much one run counts for the average. */
const WEIGHT = 0.1;

/**
 * How many jobs a worker may hold. A slow handler holds as many as it runs. One that is done with a job sooner than
 * Redis can hand out the next holds some more, so that it need not wait for each; as few as it runs in some ms.
 */
export class Prefetch {
  /** How long a run takes, ms; slow until known. */
  private average = Infinity;

  constructor(private readonly concurrency: number) {}

  /** How many jobs any handler may hold. */
  static most(concurrency: number): number {
    return Math.max(concurrency, MOST_HELD);
  }

  get limit(): number {
    const ahead = Math.floor((this.concurrency * AHEAD) / this.average);
    return Math.min(Math.max(ahead, this.concurrency), Prefetch.most(this.concurrency));
  }

  /** @param duration - of a run, ms. */
  ran(duration: number): void {
    this.average =
      this.average === Infinity
        ? Math.max(duration, AHEAD)
        : this.average + WEIGHT * (duration - this.average);
  }

  /** The handler has become slow. */
  forget(): void {
    this.average = Infinity;
  }
}
