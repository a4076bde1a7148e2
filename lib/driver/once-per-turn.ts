import type { Runtime } from './runtime.js';

/** Does some work at the end of a turn of the event loop in which it was asked for, however often that was. */
export class OncePerTurn {
  private isScheduled = false;

  constructor(
    private readonly runtime: Runtime,
    private readonly work: () => void,
  ) {}

  schedule(): void {
    if (!this.isScheduled) {
      this.isScheduled = true;
      this.runtime.setImmediate(() => {
        this.isScheduled = false;
        this.work();
      });
    }
  }
}
