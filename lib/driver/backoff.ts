import { delay, type Runtime } from './runtime.js';

/** Waits between tries of something that Redis refuses: soon at first, then once a second for as long as it takes. */
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1_000;

/** The waits between the tries of one call that Redis refuses, each longer than the one before. */
export class Backoff {
  private nextMs: number;

  constructor(
    private readonly runtime: Runtime,
    private readonly firstMs = FIRST_WAIT_MS,
  ) {
    this.nextMs = firstMs;
  }

  /** @param longestMs - how long this wait is at most. */
  async wait(longestMs?: number): Promise<void> {
    await delay(this.runtime, this.next(longestMs));
  }

  /** @returns how long to wait now, ms: twice as long as the last time, and no longer than `longestMs`. */
  next(longestMs = LONGEST_WAIT_MS): number {
    const ms = Math.min(this.nextMs, longestMs);
    this.nextMs = 2 * ms;
    return ms;
  }

  /** The call has succeeded: the next one that is refused is tried again soon. */
  reset(): void {
    this.nextMs = this.firstMs;
  }
}
