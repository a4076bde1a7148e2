import { nextTurn, type Runtime, type Timer } from '../../driver/runtime.js';

/** How often it looks, ms. */
const INTERVAL_MS = 500;

/** Looks after which something takes long. */
const MOST_LOOKS = 4;

/**
 * Tells when something takes longer than 2 s. It counts its own looks instead of reading a clock: a process whose event loop
 * was blocked looks once, however long it took, and then hears what came meanwhile.
 */
export class Patience {
  private timer: Timer | undefined;

  constructor(
    private readonly runtime: Runtime,
    private readonly onOver: () => void,
  ) {}

  /** Counts anew. */
  start(): void {
    this.end();
    let looks = 0;
    const timer = this.runtime
      .setInterval(() => {
        if (++looks >= MOST_LOOKS) {
          this.runtime.clear(timer);
          void this.tell(timer);
        }
      }, INTERVAL_MS)
      .unref();
    this.timer = timer;
  }

  end(): void {
    this.runtime.clear(this.timer);
    this.timer = undefined;
  }

  /** What has come already is heard first. */
  private async tell(timer: Timer): Promise<void> {
    await nextTurn(this.runtime);
    if (this.timer === timer) {
      this.onOver();
    }
  }
}
