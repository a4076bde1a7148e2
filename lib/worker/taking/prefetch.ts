/** Jobs that a worker holds at most, those that it runs included, unless its `concurrency` is larger. */
const MAX_HELD_JOBS = 128;

/** Jobs are held ahead for about as long as this, ms: another worker might be free to run them. */
const PREFETCH_MS = 5;

/** How much one run counts for the average. */
const LATEST_RUN_WEIGHT = 0.1;

/**
 * How many jobs a worker may hold. A slow handler holds as many as it runs. One that is done with a job sooner than
 * Redis can hand out the next holds some more, so that it need not wait for each; as few as it runs in some ms.
 */
export class Prefetch {
  /** How long a run takes, ms; slow until known. */
  private averageRunMs = Infinity;

  constructor(private readonly concurrency: number) {}

  /** How many jobs any handler may hold. */
  static maxHeld(concurrency: number): number {
    return Math.max(concurrency, MAX_HELD_JOBS);
  }

  get limit(): number {
    const ahead = Math.floor((this.concurrency * PREFETCH_MS) / this.averageRunMs);
    return Math.min(Math.max(ahead, this.concurrency), Prefetch.maxHeld(this.concurrency));
  }

  /** @param duration - of a run, ms. */
  runTook(duration: number): void {
    this.averageRunMs =
      this.averageRunMs === Infinity
        ? Math.max(duration, PREFETCH_MS)
        : this.averageRunMs + LATEST_RUN_WEIGHT * (duration - this.averageRunMs);
  }

  /** The handler has become slow. */
  forget(): void {
    this.averageRunMs = Infinity;
  }
}
