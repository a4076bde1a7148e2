import { SILENCE_LIMIT_MS } from '../../driver/line.js';
import type { Runtime, Timer } from '../../driver/runtime.js';
import { isPeerAlive, type Traffic } from './traffic.js';

/** How often the watchdog checks. */
const CHECK_INTERVAL_MS = 1_000;

/** Checks without a byte after which a connection is given up. The check that sees the last answer is not one of them. */
const CHECKS_UNTIL_SILENT = SILENCE_LIMIT_MS / CHECK_INTERVAL_MS - 1;

/** Checks without a byte after which a pending answer is late. */
const CHECKS_UNTIL_LATE = 3;

/** Checks without a byte, and without a pending answer, after which a connection is quiet. */
const CHECKS_UNTIL_QUIET = 4;

/** Callbacks of a {@link Watchdog}. */
interface Listeners {
  /** Is called when the connection was silent for so long that it must be given up. */
  onSilent(): void;
  /** Is called when {@link Watchdog.isLate} has changed. */
  onLate(): void;
}

/**
 * Detects a connection that went silent without closing. It counts bytes, because a long answer takes time on a slow link. It counts
 * its own checks instead of reading a clock: a process whose event loop was blocked makes one check, however long that took, and
 * then reads what has arrived meanwhile. (The `socketTimeout` of ioredis does not do that.)
 */
export class Watchdog {
  /** Whether nothing was received for a while and no answer since: the connection may be dead unnoticed. */
  isQuiet = false;
  /** Whether an answer is pending and nothing was received for some seconds. */
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

  /** Whether an answer is pending. */
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
