import type { Driver } from './driver.js';
import { OncePerTurn } from './once-per-turn.js';

/** What {@link WhenReady} waits for while the server is away. */
export interface ServerWait {
  /** Resolves when the server is there. */
  ready(): Promise<void>;
  /** The wait has failed, and the work is not done. Whoever asks for it again begins another wait. */
  failed(error: unknown): void;
}

/**
 * Does some work that needs the server, once for all who ask for it: at the end of the turn of the event loop or, while the server
 * is away, as soon as it is back.
 */
export class WhenReady {
  private readonly turn: OncePerTurn;
  private isWaiting = false;

  constructor(
    private readonly driver: Pick<Driver, 'isReady' | 'runtime'>,
    private readonly work: () => void,
    private readonly wait: ServerWait,
  ) {
    this.turn = new OncePerTurn(driver.runtime, () => this.now());
  }

  /** Whether the work will be done without being asked for again. */
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

  /** Does the work at once, unless the server is away. */
  now(): void {
    if (this.driver.isReady) {
      this.work();
    } else {
      this.waitForServer();
    }
  }

  private waitForServer(): void {
    if (this.isWaiting) {
      return;
    }
    this.isWaiting = true;
    this.wait.ready().then(
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
