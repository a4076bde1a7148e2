import type { Runtime } from './runtime.js';

/** Does some work at the end of a turn of the event loop in which it was asked for, however often that was. */
export class OncePerTurn {
  private isQueued = false;

  constructor(
    private readonly runtime: Runtime,
    private readonly work: () => void,
  ) {}

  /** Whether it is to be done at the end of this turn. */
  get isScheduled(): boolean {
    return this.isQueued;
  }

  schedule(): void {
    if (!this.isQueued) {
      this.isQueued = true;
      this.runtime.setImmediate(() => {
        this.isQueued = false;
        this.work();
      });
    }
  }
}
