import type { Runtime } from './runtime.js';

/** Lets one part of the code wait for changes that other parts make. */
export class Gate {
  private waiting: (() => void)[] = [];

  /** Resolves at the next {@link wake}. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
    });
  }

  /** Wakes all waiters, because something has changed. */
  wake(): void {
    if (this.waiting.length > 0) {
      const { waiting } = this;
      this.waiting = [];
      for (const resolve of waiting) {
        resolve();
      }
    }
  }

  /** Resolves when a condition holds. The condition is checked now and at each {@link wake}. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await this.next();
    }
  }

  /** Waits like {@link until}, for `ms` at most. The timer does not keep the process alive, and is always cleared. */
  async untilOrAfter(ms: number, condition: () => boolean, runtime: Runtime): Promise<void> {
    let isOver = false;
    const onOver = (): void => {
      isOver = true;
      this.wake();
    };
    const timer = runtime.setTimeout(onOver, ms).unref();
    await this.until(() => isOver || condition());
    runtime.clear(timer);
  }
}
