import { setImmediate } from 'node:timers';
import { NoWorkersError, PushFailedError, QueueFullError } from '../errors/index.js';
import type { Keys } from '../protocol/keys.js';
import { pushGuardedJob, type GuardedPushResult } from '../protocol/scripts/push-guarded-job.js';
import { argumentOf } from '../redis/argument.js';
import { explainRefusal, isRefusal, UnusableServerError } from '../redis/refusal.js';
import type { Connections } from '../redis/connections.js';
import type { OutgoingJob } from './outgoing-job.js';

/** Length past which one `RPUSH` is cut in two, UTF-16 units: Redis should not be held up by one command. */
const COMMAND_LENGTH = 256 * 1024;

/** Jobs that leave as one command. */
interface Batch {
  readonly jobs: OutgoingJob[];
  readonly elements: string[];
  length: number;
}

/**
 * Pushes the jobs of one turn of the event loop together, one command for each queue. While Redis is away they
 * wait here, in order, so that one whose time runs out meanwhile is never pushed.
 */
export class PushBatcher {
  private waiting = new Map<string, OutgoingJob>();
  private isScheduled = false;
  private isClosed = false;

  constructor(
    private readonly connections: Connections,
    private readonly keys: Keys,
    private readonly closedError: (queue: string) => Error,
    /** Hears of a job that has failed for its caller, though Redis may have it. */
    private readonly onGivenUp: (job: OutgoingJob) => void,
  ) {}

  add(job: OutgoingJob): void {
    this.waiting.set(job.sender.id, job);
    this.schedule();
  }

  /** Takes a job back that waits here. @returns whether Redis never had it for sure. */
  drop(id: string): boolean {
    const job = this.waiting.get(id);
    this.waiting.delete(id);
    return job !== undefined && !job.mayHaveLeft;
  }

  close(): void {
    this.isClosed = true;
    this.failWaiting();
  }

  private schedule(): void {
    if (this.isScheduled) {
      return;
    }
    this.isScheduled = true;
    const flush = (): void => {
      this.isScheduled = false;
      this.flush();
    };
    if (this.connections.isReady) {
      // After the poll phase: what the replies of one read led to leaves together.
      setImmediate(flush);
    } else {
      this.connections.usable().then(flush, (error: unknown) => this.failWaiting(error));
    }
  }

  private flush(): void {
    if (this.waiting.size === 0) {
      return;
    }
    if (!this.connections.isReady) {
      this.schedule();
      return;
    }
    const jobs = this.waiting;
    this.waiting = new Map();
    const batches = this.batch(jobs.values());
    if (batches.length > 0) {
      void this.push(batches);
    }
  }

  private batch(jobs: Iterable<OutgoingJob>): Batch[] {
    const now = this.connections.clock.now();
    const batches: Batch[] = [];
    const open = new Map<string, Batch>();
    for (const job of jobs) {
      if (job.mayHaveLeft && !job.sender.isWaiting()) {
        continue; // it had left, and was answered
      }
      const element = job.element(now);
      let batch = open.get(job.queue);
      if (!batch || job.guard || batch.length + element.length > COMMAND_LENGTH) {
        batch = { jobs: [], elements: [], length: 0 };
        batches.push(batch);
        if (job.guard) {
          // Jobs behind it start a batch of their own, so that the order is kept.
          open.delete(job.queue);
        } else {
          open.set(job.queue, batch);
        }
      }
      batch.jobs.push(job);
      batch.elements.push(element);
      batch.length += element.length;
    }
    return batches;
  }

  private async push(batches: readonly Batch[]): Promise<void> {
    const answers = await this.send(batches);
    const again: OutgoingJob[] = [];
    batches.forEach(({ jobs }, index) => {
      const answer = answers[index];
      if (answer?.status === 'fulfilled') {
        this.pushed(jobs, answer.value);
      } else {
        again.push(...this.failed(jobs, answer?.reason));
      }
    });
    if (again.length > 0) {
      this.waiting = new Map([
        ...again.map((job) => [job.sender.id, job] as const),
        ...this.waiting,
      ]);
      if (this.isClosed) {
        this.failWaiting();
      } else {
        this.schedule();
      }
    }
  }

  private send(batches: readonly Batch[]): Promise<PromiseSettledResult<GuardedPushResult>[]> {
    return this.connections.commands.settled((redis, run) =>
      batches.map(async ({ jobs, elements }): Promise<GuardedPushResult> => {
        const [{ queue, guard }] = jobs as [OutgoingJob];
        const { requests, workers } = this.keys.queue(queue);
        if (guard) {
          const [element] = elements as [string];
          return run(pushGuardedJob, { requests, workers, element, ...guard });
        }
        return {
          outcome: 'pushed',
          queueLength: await redis.rpush(requests, ...elements.map(argumentOf)),
        };
      }),
    );
  }

  private pushed(jobs: readonly OutgoingJob[], result: GuardedPushResult): void {
    const [job] = jobs as [OutgoingJob];
    switch (result.outcome) {
      case 'pushed': {
        const firstLength = result.queueLength - jobs.length + 1;
        jobs.forEach((each, index) => each.pushed(firstLength + index));
        break;
      }
      case 'no workers':
        this.refuse(job, new NoWorkersError(job.queue));
        break;
      case 'full': {
        const { maxQueueLength = 0 } = job.guard ?? {};
        this.refuse(job, new QueueFullError(job.queue, maxQueueLength, result.queueLength));
        break;
      }
    }
  }

  /** @returns the jobs to push again: nobody knows whether Redis had them, and a job run twice has one reply. */
  private failed(jobs: readonly OutgoingJob[], error: unknown): OutgoingJob[] {
    if (isRefusal(error)) {
      for (const job of jobs) {
        this.refuse(job, new PushFailedError(job.queue, explainRefusal(error)));
      }
      return [];
    }
    const wanted = jobs.filter((job) => job.sender.isWaiting());
    for (const job of wanted) {
      job.mayHaveLeft = true;
      if (job.isOnce) {
        job.sender.unconfirmed();
      }
    }
    return wanted.filter((job) => !job.isOnce);
  }

  /** @param error - what they fail with, where the client is not closed. */
  private failWaiting(error?: unknown): void {
    this.isScheduled = false;
    const jobs = this.waiting;
    this.waiting = new Map();
    for (const job of jobs.values()) {
      job.sender.fail(
        error instanceof UnusableServerError
          ? new PushFailedError(job.queue, error.message)
          : this.closedError(job.queue),
      );
    }
  }

  private refuse(job: OutgoingJob, error: Error): void {
    job.sender.fail(error);
    if (job.mayHaveLeft) {
      this.onGivenUp(job);
    }
  }
}
