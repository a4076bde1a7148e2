import type { WorkersHere } from '../../errors/served-here.js';
import type { Log } from '../../telemetry/log.js';
import type { GuardedPushResult } from '../../protocol/operations/push-guarded-job.js';
import { explainRefusal } from '../../driver/refusal.js';
import { UnusableServerError } from '../../driver/server-trouble.js';
import type { Shard } from '../../driver/shard.js';
import { WhenReady } from '../../driver/when-ready.js';
import { waitForPushes, type UnfinishedPushes } from './wait-for-pushes.js';
import { FailedPushes } from './failed-pushes.js';
import type { OutgoingJob } from './outgoing-job.js';
import { batchesOf, pushBatch, type Batch } from './push-batches.js';
import { wasPushed, failRefusedJobs, deliverPushResult } from './push-results.js';
import { RefusedPushes } from './refused-pushes.js';
import { UnderwayPushes } from './underway-pushes.js';
import { WaitingJobs } from './waiting-jobs.js';

/**
 * UTF-16 units that may be underway before others leave: what is written to a connection is in memory a second time until
 * it has left.
 */
const MAX_UNDERWAY_CHARS = 16 * 1024 * 1024;

/** After how long a close says what it waits for, ms. */
const CLOSE_NOTICE_DELAY_MS = 3_000;

/**
 * Pushes the jobs of one turn of the event loop together, one command for each queue. While Redis is away, or refuses
 * them for a reason that passes, they wait here, in order, so that one whose time runs out meanwhile is never pushed.
 */
export class PushBatcher implements UnfinishedPushes {
  /** Pushes that were answered. */
  progress = 0;
  private readonly waiting = new WaitingJobs();
  private readonly underway = new UnderwayPushes();
  private readonly refusedPushes: RefusedPushes;
  private readonly pushing: WhenReady;
  private isLost = false;

  constructor(
    private readonly shard: Shard,
    private readonly closedError: (queue: string) => Error,
    private readonly log: Log,
    private readonly workersHere: (queue: string) => WorkersHere | undefined = () => undefined,
  ) {
    const { driver } = shard;
    this.refusedPushes = new RefusedPushes(log, () => this.schedule(), driver.runtime);
    // After the poll phase: what the replies of one read led to leaves together.
    this.pushing = new WhenReady(driver, () => this.flush(), {
      ready: () => driver.usable(),
      failed: (error) => this.failWaiting(error),
    });
  }

  /** UTF-16 units of the jobs that wait here, and of those whose push is not confirmed. */
  get length(): number {
    return this.waiting.length + this.underway.length;
  }

  get isDone(): boolean {
    return this.waiting.size === 0 && this.underway.size === 0;
  }

  get isUnreachable(): boolean {
    const { isReady, state } = this.shard.driver;
    return !isReady && (this.isLost || state === 'reconnecting');
  }

  add(job: OutgoingJob): void {
    this.waiting.add(job);
    this.schedule();
  }

  /** Takes a job back whose sender has ended. @returns whether it waited here and Redis never had it for sure. */
  remove(id: string): boolean {
    const job = this.waiting.remove(id);
    return job !== undefined && !job.mayBeInRedis;
  }

  /** @returns what Redis refuses a job with at the moment; `undefined` where that is not what the job waits for. */
  refusalOf(id: string): string | undefined {
    const { reason } = this.refusedPushes;
    const isUnpushed = (): boolean =>
      this.waiting.has(id) || this.underway.jobs.some(({ sender }) => sender.id === id);
    return reason !== undefined && isUnpushed() ? reason : undefined;
  }

  /** Pushes what waits, and waits for a while until Redis has confirmed it; what it has not by then fails. */
  async close(): Promise<void> {
    const { driver } = this.shard;
    void driver.lost().then(() => {
      this.isLost = true;
    });
    this.refusedPushes.endWait();
    if (this.waiting.size > 0) {
      this.pushing.now();
    }
    const telling = driver.runtime.setTimeout(() => this.logWait(), CLOSE_NOTICE_DELAY_MS).unref();
    await waitForPushes(this, driver.runtime);
    driver.runtime.clear(telling);
    this.failAll();
  }

  private logWait(): void {
    const count = this.waiting.size + this.underway.jobs.length;
    this.log.info(
      `Closing the client: waiting for Redis to confirm ${count} sent ${count === 1 ? 'job' : 'jobs'}`,
    );
  }

  private schedule(): void {
    // Asked first, since most jobs follow another one of their turn.
    if (!this.pushing.isScheduled && this.mayPush) {
      this.pushing.schedule();
    }
  }

  /** Once jobs were refused, those that try again are not followed by others before they are answered. */
  private get mayPush(): boolean {
    const { reason, isWaiting } = this.refusedPushes;
    return reason === undefined
      ? this.underway.length < MAX_UNDERWAY_CHARS
      : !isWaiting && this.underway.size === 0;
  }

  private flush(): void {
    if (this.waiting.size > 0 && this.mayPush) {
      const { clock } = this.shard.driver;
      const mostLength = MAX_UNDERWAY_CHARS - this.underway.length;
      const jobs = this.waiting.take(this.refusedPushes.allowance, mostLength);
      void this.push(batchesOf(jobs, clock.now()));
    }
  }

  private async push(batches: readonly Batch[]): Promise<void> {
    for (const batch of batches) {
      this.underway.add(batch);
    }
    const answers = await this.send(batches);
    const failed = new FailedPushes();
    batches.forEach((batch, index) => {
      this.underway.remove(batch);
      const answer = answers[index];
      if (answer?.status === 'rejected') {
        failed.add(batch, answer.reason);
      }
    });
    this.waiting.putBack(failed.jobsToRepeat);
    // Not earlier: jobs that are ended because of others have to be where they are found.
    failed.endSenders();
    if (failed.refusal) {
      this.refusedPushes.refused(explainRefusal(failed.refusal), failed.refusedQueues);
    } else if (answers.some(wasPushed)) {
      this.refusedPushes.accepted(this.waiting.size > 0);
    }
    if (this.waiting.size > 0) {
      this.schedule();
    }
  }

  /** What follows from an answer is no part of the call: each batch hears of its own answer as that comes. */
  private send(batches: readonly Batch[]): Promise<PromiseSettledResult<GuardedPushResult>[]> {
    const { driver, keys } = this.shard;
    return driver.commands.settled((run) =>
      batches.map((batch) => {
        const answer = pushBatch(batch, keys, run);
        answer.then(
          (result) => this.pushed(batch, result),
          () => undefined,
        );
        return answer;
      }),
    );
  }

  private pushed(batch: Batch, result: GuardedPushResult): void {
    this.progress++;
    this.underway.remove(batch);
    deliverPushResult(batch.jobs, result, this.workersHere);
  }

  /** The connections are closed for good, the server cannot serve us, or no connection can be made of the options. */
  private failWaiting(error: unknown): void {
    if (this.shard.driver.state === 'closed') {
      this.failAll();
      return;
    }
    const jobs = [...this.waiting.take()];
    if (error instanceof UnusableServerError) {
      failRefusedJobs(jobs, error);
    } else {
      jobs.forEach((job) => job.fail(error));
    }
  }

  /** Those that are underway are forgotten once they are answered. What was emitted may run, if Redis has it. */
  private failAll(): void {
    for (const { sender } of [...this.underway.jobs, ...this.waiting.take()]) {
      sender.fail(this.closedError(sender.queue), 'closed');
    }
  }
}
