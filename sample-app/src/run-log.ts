import { WORKER } from './worker-name.js';

/** Says in the terminal what becomes of one run: that it began, was cancelled, and has really ended. */
export class RunLog {
  /** How many steps are done. */
  steps = 0;
  private readonly start = performance.now();

  constructor(
    private readonly picture: string,
    private readonly signal: AbortSignal,
  ) {
    this.say('began');
    signal.addEventListener('abort', () => this.say(`cancelled after ${this.ms} ms`));
  }

  end(): void {
    const outcome = this.signal.aborted ? 'stopped' : 'ended';
    this.say(`${outcome} after ${this.ms} ms and ${this.steps} steps`);
  }

  private get ms(): number {
    return Math.round(performance.now() - this.start);
  }

  private say(what: string): void {
    console.log(`worker ${WORKER.number} (pid ${WORKER.pid}): ${this.picture} ${what}`);
  }
}
