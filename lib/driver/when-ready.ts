import { AsyncResource } from 'node:async_hooks';
import type { Driver } from './driver.js';
import { OncePerTurn } from './once-per-turn.js';

/** The wait of {@link WhenReady} for a server that is not ready. */
export interface ServerWait {
  /** Resolves when the server is ready. */
  ready(): Promise<void>;
  /** Is called if the wait fails. The work is not done; scheduling it again starts another wait. */
  failed(error: unknown): void;
}

/**
 * Does some work that needs the server, once however often it was scheduled: at the end of the turn of the event loop or, while the
 * server is not ready, as soon as it is. The work, and the wait, which may open connections, are done in the async context in which this
 * object was made.
 */
export class WhenReady {
  private readonly turn: OncePerTurn;
  private isWaiting = false;
  private readonly scope = new AsyncResource('ReqRepWork');

  constructor(
    private readonly driver: Pick<Driver, 'isReady' | 'runtime'>,
    private readonly work: () => void,
    private readonly wait: ServerWait,
  ) {
    this.turn = new OncePerTurn(driver.runtime, () => this.now());
  }

  /** Whether the work will be done without being scheduled again. */
  get isScheduled(): boolean {
    return this.isWaiting || this.turn.isScheduled;
  }

  schedule(): void {
    if (this.isScheduled) {
      return;
    }
    if (this.driver.isReady) {
      this.turn.schedule();
    } else {
      this.waitForServer();
    }
  }

  /** Does the work at once, or as soon as the server is ready. */
  now(): void {
    if (this.driver.isReady) {
      this.scope.runInAsyncScope(this.work);
    } else {
      this.waitForServer();
    }
  }

  private waitForServer(): void {
    if (this.isWaiting) {
      return;
    }
    this.isWaiting = true;
    this.scope.runInAsyncScope(this.wait.ready, this.wait).then(
      () => {
        this.isWaiting = false;
        this.now();
      },
      (error: unknown) => {
        this.isWaiting = false;
        this.wait.failed(error);
      },
    );
  }
}
