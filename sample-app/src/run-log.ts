import { notifyParent } from './parent.js';
import { WORKER } from './worker-name.js';

/** Reports one run in the terminal and to the parent: that it began, was cancelled, and really ended. */
export class RunLog {
  private failure: string | undefined;
  private readonly start = performance.now();

  constructor(
    private readonly picture: string,
    private readonly signal: AbortSignal,
    /** The number of finished steps. */
    public steps: number,
  ) {
    notifyParent({ picture, event: 'began' });
    this.say('began');
    signal.addEventListener('abort', () => this.say(`cancelled after ${this.ms} ms`));
  }

  failed(error: unknown): void {
    this.failure = error instanceof Error ? error.message : String(error);
  }

  end(): void {
    const outcome = this.signal.aborted
      ? 'stopped'
      : this.failure === undefined
        ? 'ended'
        : 'failed';
    notifyParent({ picture: this.picture, event: outcome });
    const why = outcome === 'failed' ? `: ${this.failure}` : '';
    this.say(`${outcome} after ${this.ms} ms and ${this.steps} steps${why}`);
  }

  private get ms(): number {
    return Math.round(performance.now() - this.start);
  }

  private say(what: string): void {
    console.log(`worker ${WORKER.number} (pid ${WORKER.pid}): ${this.picture} ${what}`);
  }
}
