import { Gate } from '../../driver/gate.js';
import type { JobPlace } from '../taking/slots.js';
import type { RunContext } from './run-context.js';
import type { JobRun, RunKeeper } from './job-run.js';

/**
 * The runs of one worker that are not over: their handler has not returned, or their job has not left its slot. (A `Set`
 * through which objects pass for ever would keep its former tables, and all that was in them, from being collected young.)
 */
export class RunRegistry implements Iterable<JobRun>, RunKeeper {
  private readonly runs: JobRun[] = [];
  /** Jobs that a stop does not wait for, since they wait for it. */
  private readonly excused = new WeakSet<RunContext>();
  /** A run is over, or is not waited for any more. */
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

  /** The places that their jobs have not left. */
  get places(): JobPlace[] {
    return this.runs.flatMap((run) => (run.isReleased ? [] : [run.place]));
  }

  /** Those whose jobs are still to leave their slots, and that are waited for. */
  get unfinished(): JobRun[] {
    return this.runs.filter((run) => !run.isReleased && !this.isExcused(run));
  }

  /** Whether some runs are not waited for. */
  get hasExcused(): boolean {
    return this.runs.some((run) => this.isExcused(run));
  }

  /** A job is not waited for any more until its handler has returned. */
  excuse(context: RunContext): void {
    this.excused.add(context);
    this.ends.wake();
  }

  /** Resolves when all that are waited for are over, or have had their time. */
  async untilIdle(outOfTime: AbortSignal): Promise<void> {
    const onAbort = (): void => this.ends.wake();
    outOfTime.addEventListener('abort', onAbort);
    await this.ends.until(() => outOfTime.aborted || this.runs.every((run) => this.isExcused(run)));
    outOfTime.removeEventListener('abort', onAbort);
  }

  /** Resolves when the last run is over, one that is not waited for as well. */
  async untilOver(): Promise<void> {
    await this.ends.until(() => this.runs.length === 0);
  }

  [Symbol.iterator](): Iterator<JobRun> {
    return this.runs.values();
  }

  /** A run whose handler has returned is waited for: its reply is on its way. */
  private isExcused({ context, hasEnded }: JobRun): boolean {
    return this.excused.has(context) && !hasEnded;
  }
}
