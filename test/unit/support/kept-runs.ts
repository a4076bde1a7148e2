import type { RunContext } from '../../../lib/worker/running/run-context.js';

interface OpenRun {
  readonly context: RunContext;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A handler whose runs end when the test says so, by the ids of their jobs. */
export class KeptRuns {
  /** The ids of all jobs that were begun, in that order. */
  readonly begun: (string | number)[] = [];
  private readonly runs = new Map<string | number, OpenRun>();

  readonly handle = (_data: unknown, context: RunContext): Promise<unknown> => {
    this.begun.push(context.id);
    return new Promise((resolve, reject) => {
      this.runs.set(context.id, { context, resolve, reject });
    });
  };

  contextOf(id: string | number): RunContext {
    return this.run(id).context;
  }

  /** @returns the signal of a job; asked for before it aborts, as a handler does that hands it on. */
  signalOf(id: string | number): AbortSignal {
    return this.contextOf(id).signal;
  }

  end(id: string | number, value?: unknown): void {
    this.run(id).resolve(value);
  }

  fail(id: string | number, error: unknown): void {
    this.run(id).reject(error);
  }

  private run(id: string | number): OpenRun {
    const run = this.runs.get(id);
    if (!run) {
      throw new Error(`Job ${id} was not begun, but ${this.begun.join(', ') || 'none'}`);
    }
    return run;
  }
}
