import { endsWithin } from '../../driver/in-time.js';
import { FINAL_WRITE_TIMEOUT_MS } from '../settling/unfinished-jobs.js';
import type { QueueLane } from '../settling/queue-lane.js';
import { counted } from '../../errors/counted.js';
import { maxDeliveriesOf, type LostJobs } from '../taking/lost-jobs.js';
import type { JobHandler, WorkerParts } from '../worker-options.js';
import { nameOfJob } from './run-context.js';
import type { JobRun } from './job-run.js';
import type { JobRunner } from './job-runner.js';

/** Cuts off the runs that did not finish in time when a worker stops. */
export class UnfinishedRuns {
  constructor(
    private readonly handler: JobHandler,
    private readonly parts: Pick<WorkerParts, 'shard' | 'log' | 'options'>,
    private readonly lane: QueueLane,
    private readonly lostJobs: LostJobs,
    private readonly runner: JobRunner,
  ) {}

  /** Cuts off runs: gives their jobs back, or replies with an error where a job may not be run again. */
  async interrupt(runs: readonly JobRun[]): Promise<void> {
    const { shutdownTimeout } = this.parts.options;
    const again = runs.filter((run) => this.runner.interrupt(run, stopError(run, shutdownTimeout)));
    const failed = runs.filter((run) => !again.includes(run));
    const once = again.filter(({ job }) => maxDeliveriesOf(job, this.handler) === 1);
    const others = again.filter((run) => !once.includes(run));
    this.report(runs.length, once.length);
    const emptied = [
      ...once.map((run) => this.moveToDeadLetters(run)),
      this.giveBack(others),
      this.lane.untilSettled(() => failed.every((run) => run.isReleased)),
    ];
    const { runtime } = this.parts.shard.driver;
    await endsWithin(FINAL_WRITE_TIMEOUT_MS, Promise.all(emptied), runtime);
  }

  /** Ends the run here also where Redis refuses: the job is left to other workers then. */
  private async moveToDeadLetters(run: JobRun): Promise<void> {
    const { place, job, context } = run;
    const why = this.lostJobs.outOfDeliveries(job, context.attempt);
    await this.lane.unfinished.moveToDeadLetters(place, why, job.id);
    run.onReleased();
  }

  /** Ends the runs here also where Redis refuses: the jobs are left to other workers then. */
  private async giveBack(runs: readonly JobRun[]): Promise<void> {
    await this.lane.unfinished.giveBack(runs.map(({ place }) => place));
    runs.forEach((run) => run.onReleased());
  }

  private report(count: number, dead: number): void {
    if (count > 0) {
      const { name, queue } = this.handler;
      const where =
        dead > 0
          ? ` (${dead} with maxDeliveries 1 moved to the dead letters of the queue instead)`
          : '';
      this.parts.log.warn(
        `${counted(count, 'job')} of queue "${queue}" did not finish within shutdownTimeout ` +
          `(${this.parts.options.shutdownTimeout} ms): ${name} is aborted, jobs are given back to the queue${where}, ` +
          `streams end with an error. Pass job.signal to everything that the handler awaits, or raise shutdownTimeout.`,
      );
    }
  }
}

const stopError = ({ context }: JobRun, shutdownTimeout: number): DOMException =>
  new DOMException(
    `The worker stops, and ${nameOfJob(context)} did not finish within shutdownTimeout (${shutdownTimeout} ms)`,
    'AbortError',
  );
