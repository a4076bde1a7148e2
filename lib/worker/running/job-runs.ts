import type { JobRun } from './job-run.js';

/**
 * The runs of one worker that are not over. (A `Set` through which objects pass for ever would keep its former tables,
 * and all that was in them, from being collected young.)
 */
export class JobRuns implements Iterable<JobRun> {
  private readonly runs: JobRun[] = [];

  get size(): number {
    return this.runs.length;
  }

  add(run: JobRun): void {
    run.index = this.runs.length;
    this.runs.push(run);
  }

  delete(run: JobRun): void {
    if (this.runs[run.index] !== run) {
      return;
    }
    const last = this.runs.pop();
    if (last && last !== run) {
      this.runs[run.index] = last;
      last.index = run.index;
    }
  }

  [Symbol.iterator](): Iterator<JobRun> {
    return this.runs.values();
  }
}
