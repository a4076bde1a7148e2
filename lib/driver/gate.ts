import type { Runtime } from './runtime.js';

/** Where one part waits for what others bring about. */
export class Gate {
  private waiting: (() => void)[] = [];

  /** Resolves at the next {@link wake}. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
    });
  }

  /** Something has changed: whoever waits looks again. */
  wake(): void {
    if (this.waiting.length > 0) {
      const { waiting } = this;
      this.waiting = [];
      for (const resolve of waiting) {
        resolve();
      }
    }
  }

  /** Resolves when a condition holds, which is looked at now and at each {@link wake}. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await this.next();
    }
  }

  /** As {@link until}, for so long at most, ms. That does not keep the process from ending, and leaves no timer behind. */
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
