/** The first wait before something that Redis refused is tried again, and the longest, ms. */
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 1_000;

/** How long to wait between attempts: short at first, then longer each time. */
export class GrowingDelay {
  private ms = FIRST_DELAY_MS;

  /** @returns the next wait, ms. */
  next(): number {
    const { ms } = this;
    this.ms = Math.min(2 * ms, LONGEST_DELAY_MS);
    return ms;
  }

  reset(): void {
    this.ms = FIRST_DELAY_MS;
  }
}
