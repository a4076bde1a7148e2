import { SILENCE_LIMIT_MS } from '../../driver/line.js';
import type { Runtime, Timer } from '../../driver/runtime.js';
import { isPeerAlive, type Traffic } from './traffic.js';

/** How often it looks, ms. */
const CHECK_INTERVAL_MS = 1_000;

/** Looks without a byte after which a connection is given up: the look that sees the last answer comes first. */
const CHECKS_UNTIL_SILENT = SILENCE_LIMIT_MS / CHECK_INTERVAL_MS - 1;

/** Looks without a byte after which an answer that is waited for is late. */
const CHECKS_UNTIL_LATE = 3;

/** Looks without a byte, while nothing is asked, after which a connection counts as quiet. */
const CHECKS_UNTIL_QUIET = 4;

/** Who hears of what a {@link Watchdog} sees. */
interface Listeners {
  /** Nothing was heard for so long that the connection is to be given up. */
  onSilent(): void;
  /** {@link Watchdog.isLate} has changed. */
  onLate(): void;
}

/**
 * Gives up a connection that went silent without closing, and knows which one may have while nothing was asked. It counts
 * bytes, since a long answer takes its time on a slow link, and its own looks instead of reading a clock: a process whose
 * event loop was blocked looks once, however long it took, and then reads what came meanwhile. (That is why ioredis'
 * `socketTimeout` will not do.)
 */
export class Watchdog {
  /** Whether nothing was heard for a while, and nothing was answered since: the line may be dead without a word. */
  isQuiet = false;
  /** Whether an answer is waited for, and nothing was heard for some seconds. */
  isLate = false;
  private waiting = 0;
  private silentChecks = 0;
  private last: Traffic;
  private timer: Timer | undefined;

  constructor(
    private readonly runtime: Runtime,
    private readonly traffic: () => Traffic,
    private readonly listeners: Listeners,
  ) {
    this.last = traffic();
  }

  /** Whether an answer is waited for. */
  get isWaiting(): boolean {
    return this.waiting > 0;
  }

  async watch<Answer>(call: Promise<Answer>): Promise<Answer> {
    if (this.waiting++ === 0) {
      this.silentChecks = 0;
    }
    this.timer ??= this.runtime.setInterval(() => this.check(), CHECK_INTERVAL_MS).unref();
    try {
      return await call;
    } finally {
      this.waiting--;
      this.isQuiet = false;
      this.setLate(false);
    }
  }

  private check(): void {
    const now = this.traffic();
    this.silentChecks = isPeerAlive(this.last, now) ? 0 : this.silentChecks + 1;
    this.last = now;
    this.setLate(this.waiting > 0 && this.silentChecks >= CHECKS_UNTIL_LATE);
    if (this.waiting > 0 && this.silentChecks >= CHECKS_UNTIL_SILENT) {
      this.silentChecks = 0;
      this.listeners.onSilent();
    } else if (this.waiting === 0 && this.silentChecks >= CHECKS_UNTIL_QUIET) {
      this.isQuiet = true;
      this.runtime.clear(this.timer);
      this.timer = undefined;
    }
  }

  private setLate(isLate: boolean): void {
    if (this.isLate !== isLate) {
      this.isLate = isLate;
      this.listeners.onLate();
    }
  }
}
