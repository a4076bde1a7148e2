import { clearInterval, setInterval } from 'node:timers';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** How often it looks, ms. */
const INTERVAL_MS = 500;

/** Looks after which something takes long. */
const MOST_LOOKS = 4;

/**
 * Tells when something takes longer than 2 s. It counts its own looks instead of reading a clock: a process whose event loop
 * was blocked looks once, however long it took, and then hears what came meanwhile.
 */
export class Patience {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly onOver: () => void) {}

  /** Counts anew. */
  start(): void {
    this.end();
    let looks = 0;
    const timer = setInterval(() => {
      if (++looks >= MOST_LOOKS) {
        clearInterval(timer);
        void this.tell(timer);
      }
    }, INTERVAL_MS).unref();
    this.timer = timer;
  }

  end(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** What has come already is heard first. */
  private async tell(timer: NodeJS.Timeout): Promise<void> {
    await nextTurn();
    if (this.timer === timer) {
      this.onOver();
    }
  }
}
