/** How often it looks, ms. */
const INTERVAL = 1_000;

/** Looks without any answer after which a connection is given up: twice as long as our blocking calls wait. */
const MOST_SILENT_LOOKS = 10;

/**
 * Gives up a connection that went silent without closing. It counts its own looks instead of reading a clock: a
 * process whose event loop was blocked looks once, however long it took, and then reads the answers that came
 * meanwhile. (That is why ioredis' `socketTimeout` will not do.)
 */
export class Watchdog {
  private waiting = 0;
  private hasAnswered = false;
  private silentLooks = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly giveUp: () => void) {}

  async watch<Answer>(call: Promise<Answer>): Promise<Answer> {
    this.waiting++;
    this.timer ??= setInterval(() => this.look(), INTERVAL).unref();
    try {
      return await call;
    } finally {
      this.hasAnswered = true;
      this.waiting--;
    }
  }

  private look(): void {
    if (this.waiting === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
    if (this.waiting === 0 || this.hasAnswered) {
      this.hasAnswered = false;
      this.silentLooks = 0;
    } else if (++this.silentLooks >= MOST_SILENT_LOOKS) {
      this.silentLooks = 0;
      this.giveUp();
    }
  }
}
