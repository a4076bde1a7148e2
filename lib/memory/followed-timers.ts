import type { Timer } from '../driver/runtime.js';

/** Timers that run on the current global timers: those of Node, or fake ones of a test. */
export class FollowedTimers {
  private readonly running = new Set<FollowedTimer>();
  private followed: unknown = globalThis.setTimeout;

  /** @param now - ms since some moment in the past. */
  constructor(private readonly now: () => number) {}

  /**
   * Moves the running timers to the current global timers. Real timers would not follow a clock that a test begins to fake, and fake
   * timers would never fire after the test.
   */
  follow(): void {
    if (this.followed !== globalThis.setTimeout) {
      this.followed = globalThis.setTimeout;
      this.running.forEach((timer) => timer.restart());
    }
  }

  once(callback: () => void, ms: number): Timer {
    return this.begin(ms, (timer) => {
      this.running.delete(timer);
      callback();
    });
  }

  repeatedly(callback: () => void, ms: number): Timer {
    return this.begin(ms, (timer) => {
      timer.refresh();
      callback();
    });
  }

  clear(timer: Timer | undefined): void {
    if (timer instanceof FollowedTimer) {
      timer.stop();
      this.running.delete(timer);
    }
  }

  private begin(ms: number, onFired: (timer: FollowedTimer) => void): Timer {
    this.follow();
    const timer: FollowedTimer = new FollowedTimer(this.now, ms, () => onFired(timer));
    this.running.add(timer);
    return timer;
  }
}

class FollowedTimer implements Timer {
  private dueAt = 0;
  /** Clears the global timer by the implementation that created it. */
  private clearGlobalTimer = (): void => undefined;

  constructor(
    private readonly now: () => number,
    private readonly ms: number,
    private readonly fire: () => void,
  ) {
    this.refresh();
  }

  refresh(): this {
    this.dueAt = this.now() + this.ms;
    this.restart();
    return this;
  }

  /** Waits for the rest of its time. */
  restart(): void {
    this.clearGlobalTimer();
    const { clearTimeout } = globalThis;
    const timer = globalThis.setTimeout(this.fire, Math.max(0, this.dueAt - this.now()));
    unref(timer);
    this.clearGlobalTimer = () => clearTimeout(timer);
  }

  stop(): void {
    this.clearGlobalTimer();
  }

  unref(): this {
    return this; // these timers never keep the process alive
  }
}

/** @param timer - a timer of Node or of a test, which may be a number. */
function unref(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer) {
    (timer as { unref(): unknown }).unref();
  }
}
