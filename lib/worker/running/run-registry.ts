import { Gate } from '../../driver/gate.js';
import type { JobPlace } from '../taking/slots.js';
import type { RunContext } from './run-context.js';
import type { JobRun, RunKeeper } from './job-run.js';

/**
 * The runs of one worker that are not over: their handler has not returned, or their job has not left its slot. (An array, because
 * a long-lived `Set` keeps its former tables, and all that was in them, from being collected early.)
 */
export class RunRegistry implements Iterable<JobRun>, RunKeeper {
  private readonly runs: JobRun[] = [];
  /** Jobs that a stop does not wait for, because they wait for the stop. */
  private readonly excused = new WeakSet<RunContext>();
  /** Opens when a run is over, or is not waited for any more. */
  private readonly ends = new Gate();

  get size(): number {
    return this.runs.length;
  }

  add(run: JobRun): void {
    run.index = this.runs.length;
    run.keeper = this;
    this.runs.push(run);
  }

  over(run: JobRun): void {
    if (this.runs[run.index] !== run) {
      return;
    }
    const last = this.runs.pop();
    if (last && last !== run) {
      this.runs[run.index] = last;
      last.index = run.index;
    }
    this.ends.wake();
  }

  /** The places of jobs that are still in their slots. */
  get places(): JobPlace[] {
    return this.runs.flatMap((run) => (run.isReleased ? [] : [run.place]));
  }

  /** The runs that a stop waits for and whose jobs are still in their slots. */
  get unfinished(): JobRun[] {
    return this.runs.filter((run) => !run.isReleased && !this.isExcused(run));
  }

  /** Whether a stop does not wait for some runs. */
  get hasExcused(): boolean {
    return this.runs.some((run) => this.isExcused(run));
  }

  /** Excuses a job: a stop does not wait for its handler to return. */
  excuse(context: RunContext): void {
    this.excused.add(context);
    this.ends.wake();
  }

  /** Resolves when all runs that a stop waits for are over, or their time is up. */
  async untilIdle(outOfTime: AbortSignal): Promise<void> {
    const onAbort = (): void => this.ends.wake();
    outOfTime.addEventListener('abort', onAbort);
    await this.ends.until(() => outOfTime.aborted || this.runs.every((run) => this.isExcused(run)));
    outOfTime.removeEventListener('abort', onAbort);
  }

  /** Resolves when all runs are over, excused runs included. */
  async untilOver(): Promise<void> {
    await this.ends.until(() => this.runs.length === 0);
  }

  [Symbol.iterator](): Iterator<JobRun> {
    return this.runs.values();
  }

  /** Whether a run is excused. A run whose handler has returned is not: its reply is about to be pushed. */
  private isExcused({ context, hasEnded }: JobRun): boolean {
    return this.excused.has(context) && !hasEnded;
  }
}
