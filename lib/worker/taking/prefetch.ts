/** Maximum number of jobs that a worker holds, running jobs included, unless its `concurrency` is larger. */
const MAX_HELD_JOBS = 128;

/** Approximate time that a job waits for its run in this worker, ms: another worker may be free to run it. */
const PREFETCH_MS = 5;

/** Weight of the latest run in the average. */
const LATEST_RUN_WEIGHT = 0.1;

/**
 * Number of jobs that a worker may hold. A slow handler holds as many as it runs. A handler that is faster than a round trip to Redis
 * holds a few more, so that it need not wait for each job: as many as it runs in {@link PREFETCH_MS}.
 */
export class Prefetch {
  /** Average time of a run, ms; `Infinity` until the first run. */
  private averageRunMs = Infinity;

  constructor(private readonly concurrency: number) {}

  /** @returns the most jobs that any handler of this concurrency may hold. */
  static maxHeld(concurrency: number): number {
    return Math.max(concurrency, MAX_HELD_JOBS);
  }

  get limit(): number {
    const ahead = Math.floor((this.concurrency * PREFETCH_MS) / this.averageRunMs);
    return Math.min(Math.max(ahead, this.concurrency), Prefetch.maxHeld(this.concurrency));
  }

  /** Notes how long a run took. @param duration - ms. */
  runTook(duration: number): void {
    this.averageRunMs =
      this.averageRunMs === Infinity
        ? Math.max(duration, PREFETCH_MS)
        : this.averageRunMs + LATEST_RUN_WEIGHT * (duration - this.averageRunMs);
  }

  /** Forgets the average, because the handler has become slow. */
  forget(): void {
    this.averageRunMs = Infinity;
  }
}
