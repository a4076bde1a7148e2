import type { Runtime } from './runtime.js';

/** Does some work once at the end of a turn of the event loop, however often it was scheduled in that turn. */
export class OncePerTurn {
  private isQueued = false;

  constructor(
    private readonly runtime: Runtime,
    private readonly work: () => void,
  ) {}

  /** Whether the work will be done at the end of this turn. */
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
