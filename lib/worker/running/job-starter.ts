import { messageOf, stackOf } from '../../errors/error-text.js';
import { toWireError } from '../../protocol/wire/wire-error.js';
import { decodeJob, hasSentValues, type Job } from '../../protocol/wire/job-element.js';
import { encodeError } from '../../protocol/wire/reply-frame.js';
import type { JobTally } from '../settling/job-tally.js';
import type { QueueLane } from '../settling/queue-lane.js';
import { maxDeliveriesOf, type LostJobs } from '../taking/lost-jobs.js';
import type { JobPlace } from '../taking/slots.js';
import type { JobHandler, WorkerParts } from '../worker-options.js';
import { CancelledJobs } from './cancelled-jobs.js';
import type { JobRun } from './job-run.js';
import type { JobRunner } from './job-runner.js';
import type { RunRegistry } from './run-registry.js';

/** Starts a job, unless nobody waits for it or it has to become a dead letter. */
export class JobStarter {
  /** Jobs that were cancelled and may still arrive. */
  private readonly cancelled = new CancelledJobs();

  constructor(
    private readonly handler: JobHandler,
    private readonly parts: Pick<WorkerParts, 'shard' | 'log' | 'hooks'>,
    private readonly lane: QueueLane,
    private readonly lostJobs: LostJobs,
    private readonly runner: JobRunner,
    private readonly runs: RunRegistry,
    private readonly tally: JobTally,
  ) {}

  start(place: JobPlace, element: string): void {
    if (element === '') {
      this.parts.log.repeated(
        `empty job: ${this.handler.queue}`,
        'warn',
        `Queue "${this.handler.queue}" contained an empty string instead of a job; discarding it`,
      );
      this.moveToDeadLetters(place, { reason: 'unreadable', message: 'an empty string' });
      return;
    }
    const job = decodeJob(element);
    if (job.version === 0) {
      this.parts.log.repeated(
        `unreadable job: ${this.handler.queue}`,
        'error',
        `Cannot read a job of queue "${this.handler.queue}", moving it to the dead letters of the queue: ${job.reason}`,
      );
      this.moveToDeadLetters(place, { reason: 'unreadable', message: job.reason });
      return;
    }
    const now = this.parts.shard.driver.clock.now();
    if (job.deadline !== undefined && job.deadline <= now) {
      this.tally.add('expired');
      this.lane.settle({ place });
    } else if (this.cancelled.take(job.id)) {
      this.tally.add('cancelled');
      this.lane.settle({ place });
    } else if (job.redeliveries > 0 && hasSentValues(element)) {
      this.moveToDeadLetters(place, this.lostJobs.brokenStream(job), job.id);
    } else if (job.redeliveries >= maxDeliveriesOf(job, this.handler)) {
      this.moveToDeadLetters(place, this.lostJobs.outOfDeliveries(job, job.redeliveries), job.id);
    } else {
      this.lane.runStarted();
      if (job.pushedAt !== undefined) {
        this.tally.waited(now - job.pushedAt);
      }
      if (job.redeliveries > 0) {
        this.tally.add('redelivered');
        const { queue } = this.handler;
        const attempt = job.redeliveries + 1;
        this.parts.hooks.tell({ type: 'job redelivered', queue, id: job.id, attempt });
      }
      this.run(job, place);
    }
  }

  /** Replies with an error to a job that could not be started: it must not stay in its slot for ever. */
  notStarted(place: JobPlace, element: string, error: unknown): void {
    const { queue } = this.handler;
    const text = `Cannot start a job of queue "${queue}": ${messageOf(error)}`;
    this.parts.log.repeated(`not started: ${queue}`, 'error', text, stackOf(error));
    const job = decodeJob(element);
    const reply =
      job.version === 2 && job.replyTo !== undefined
        ? {
            list: this.parts.shard.keys.replies(job.replyTo),
            frame: encodeError(job.id, toWireError(new Error(text))),
            deadline: job.deadline,
          }
        : undefined;
    this.lane.settle({ place, reply });
  }

  /** Notes that a job was cancelled which does not run here. */
  cancel(id: string | number): void {
    this.cancelled.add(id);
  }

  private run(job: Job, place: JobPlace): void {
    let run: JobRun;
    try {
      run = this.runner.run(job, place);
    } catch (error) {
      this.lane.runEnded(place, 0);
      throw error;
    }
    this.runs.add(run);
  }

  private moveToDeadLetters(
    ...move: Parameters<QueueLane['unfinished']['moveToDeadLetters']>
  ): void {
    void this.lane.unfinished.moveToDeadLetters(...move);
  }
}
