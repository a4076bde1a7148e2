import { nextTurn, type Runtime, type Timer } from '../../driver/runtime.js';

/** How often the watch checks. */
const CHECK_INTERVAL_MS = 500;

/** How many checks an attempt may take. */
const CHECKS_UNTIL_SLOW = 4;

/**
 * Notices when an attempt takes longer than 2 s. It counts its own checks instead of reading a clock: a process whose event loop was
 * blocked makes one check, however long that took, and then processes what has arrived meanwhile.
 */
export class SlowAttemptWatch {
  private timer: Timer | undefined;

  constructor(
    private readonly runtime: Runtime,
    private readonly onSlow: () => void,
  ) {}

  /** Starts the count again. */
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

  /** Lets answers that have already arrived be processed first. */
  private async tell(timer: Timer): Promise<void> {
    await nextTurn(this.runtime);
    if (this.timer === timer) {
      this.onSlow();
    }
  }
}
