import { AsyncResource } from 'node:async_hooks';
import type { Runtime } from './runtime.js';

/**
 * Does some work once at the end of a turn of the event loop, however often it was scheduled in that turn. The work is that of all who have
 * scheduled it, so it is done in the async context in which this object was made, not in that of the first of them.
 */
export class OncePerTurn {
  private isQueued = false;
  private readonly scope = new AsyncResource('ReqRepTurn');

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
      this.scope.runInAsyncScope(this.queue, this);
    }
  }

  private queue(): void {
    this.runtime.setImmediate(() => {
      this.isQueued = false;
      this.work();
    });
  }
}
