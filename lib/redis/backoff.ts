import { setTimeout as delay } from 'node:timers/promises';

/** Waits between tries of something that Redis refuses: soon at first, then once a second for as long as it takes. */
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1_000;

/** The waits between the tries of one call that Redis refuses, each longer than the one before. */
export class Backoff {
  private nextMs = FIRST_WAIT_MS;

  async wait(): Promise<void> {
    const ms = this.nextMs;
    this.nextMs = Math.min(2 * ms, LONGEST_WAIT_MS);
    await delay(ms, undefined, { ref: false });
  }
}
