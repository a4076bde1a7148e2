import { delay, type Runtime } from './runtime.js';

/** Bounds of the waits between tries: short at first, then once a second for as long as Redis refuses. */
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1_000;

/** The waits between tries of one refused call, each twice as long as the one before. */
export class Backoff {
  private nextMs: number;

  constructor(
    private readonly runtime: Runtime,
    private readonly firstMs = FIRST_WAIT_MS,
  ) {
    this.nextMs = firstMs;
  }

  /** @param longestMs - upper limit of this wait. */
  async wait(longestMs?: number): Promise<void> {
    await delay(this.runtime, this.next(longestMs));
  }

  /** @returns the next wait, ms: twice the last one, at most `longestMs`. */
  next(longestMs = LONGEST_WAIT_MS): number {
    const ms = Math.min(this.nextMs, longestMs);
    this.nextMs = 2 * ms;
    return ms;
  }

  /** Starts again with a short wait, because the call has succeeded. */
  reset(): void {
    this.nextMs = this.firstMs;
  }
}
