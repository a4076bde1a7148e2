import { nextTurn, type Runtime, type Timer } from '../../driver/runtime.js';

/** How often it looks, ms. */
const CHECK_INTERVAL_MS = 500;

/** Looks after which something takes long. */
const CHECKS_UNTIL_SLOW = 4;

/**
 * Tells when something takes longer than 2 s. It counts its own looks instead of reading a clock: a process whose event loop
 * was blocked looks once, however long it took, and then hears what came meanwhile.
 */
export class SlowAttemptWatch {
  private timer: Timer | undefined;

  constructor(
    private readonly runtime: Runtime,
    private readonly onSlow: () => void,
  ) {}

  /** Counts anew. */
  start(): void {
    this.stop();
    let looks = 0;
    const timer = this.runtime
      .setInterval(() => {
        if (++looks >= CHECKS_UNTIL_SLOW) {
          this.runtime.clear(timer);
          void this.tell(timer);
        }
      }, CHECK_INTERVAL_MS)
      .unref();
    this.timer = timer;
  }

  stop(): void {
    this.runtime.clear(this.timer);
    this.timer = undefined;
  }

  /** What has come already is heard first. */
  private async tell(timer: Timer): Promise<void> {
    await nextTurn(this.runtime);
    if (this.timer === timer) {
      this.onSlow();
    }
  }
}
