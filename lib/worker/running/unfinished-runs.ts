import { endsWithin } from '../../driver/in-time.js';
import type { QueueKeys } from '../../protocol/keys.js';
import { FINAL_WRITE_TIMEOUT_MS } from '../settling/unfinished-jobs.js';
import type { QueueLane } from '../settling/queue-lane.js';
import { mostDeliveries, type LostJobs } from '../taking/lost-jobs.js';
import type { JobHandler, WorkerParts } from '../worker-options.js';
import { nameOfJob } from './run-context.js';
import type { JobRun } from './job-run.js';
import type { JobRunner } from './job-runner.js';

/** What a stopping worker does with runs that did not end in their time. */
export class UnfinishedRuns {
  constructor(
    private readonly handler: JobHandler,
    private readonly keys: QueueKeys,
    private readonly parts: Pick<WorkerParts, 'shard' | 'log' | 'options'>,
    private readonly lane: QueueLane,
    private readonly lostJobs: LostJobs,
    private readonly runner: JobRunner,
  ) {}

  /** Ends these runs: gives their jobs back, or tells their callers where they may not be run again. */
  async interrupt(runs: readonly JobRun[]): Promise<void> {
    const again = runs.filter((run) => this.runner.interrupt(run, shutdownOf(run)));
    const told = runs.filter((run) => !again.includes(run));
    const once = again.filter(({ job }) => mostDeliveries(job, this.handler) === 1);
    const others = again.filter((run) => !once.includes(run));
    this.report(runs.length, once.length);
    const emptied = [
      ...once.map((run) => this.bury(run)),
      this.giveBack(others),
      this.lane.settled(() => told.every((run) => run.isReleased)),
    ];
    const { runtime } = this.parts.shard.driver;
    await endsWithin(FINAL_WRITE_TIMEOUT_MS, Promise.all(emptied), runtime);
  }

  // What Redis does not take out of its slot is left to others: these runs are over here in either case.

  private async bury(run: JobRun): Promise<void> {
    const { place, job, context } = run;
    const why = this.lostJobs.outOfDeliveries(job, context.attempt);
    await this.lane.unfinished.bury(place, why);
    run.released();
  }

  private async giveBack(runs: readonly JobRun[]): Promise<void> {
    await this.lane.unfinished.giveBack(runs.map(({ place }) => place));
    runs.forEach((run) => run.released());
  }

  private report(count: number, dead: number): void {
    if (count > 0) {
      const { name, queue } = this.handler;
      const where =
        dead > 0 ? ` (${dead} that must not be started again to "${this.keys.dead}")` : '';
      this.parts.log.warn(
        `${count} jobs of queue "${queue}" did not end within the shutdownTimeout, ` +
          `${this.parts.options.shutdownTimeout} ms, and are taken from ${name}: they go back to the queue${where}, ` +
          `and streams end with an error. Hand job.signal on, or raise shutdownTimeout.`,
      );
    }
  }
}

const shutdownOf = ({ context }: JobRun): DOMException =>
  new DOMException(
    `The worker is shutting down, and ${nameOfJob(context)} has not ended in its time`,
    'AbortError',
  );
