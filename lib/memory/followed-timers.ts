import type { Timer } from '../driver/runtime.js';

/** Timers of whoever is in charge of the global ones at the moment: Node, or a test that has put fake ones in their place. */
export class FollowedTimers {
  private readonly running = new Set<FollowedTimer>();
  private followed: unknown = globalThis.setTimeout;

  /** @param now - ms from some moment in the past on. */
  constructor(private readonly now: () => number) {}

  /**
   * Hands the timers that run over to whoever is in charge now. Real ones would not move with the clock of a test that begins to
   * fake it, and fake ones would never fire once the test is over.
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
  /** Ends it by whoever made it. */
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

  /** Waits for what is left of its time. */
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
    return this; // none of them keeps the process from ending
  }
}

/** @param timer - what a test has put in place of Node's: perhaps a number. */
function unref(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer) {
    (timer as { unref(): unknown }).unref();
  }
}
