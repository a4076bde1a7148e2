import { counted } from '../../errors/counted.js';
import type { WorkersHere } from '../../errors/served-here.js';
import type { Log } from '../../telemetry/log.js';
import type { PushResult } from '../../protocol/operations/push-guarded-job.js';
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
 * Size of unanswered pushes from which on further jobs wait, UTF-16 units. What is written to a connection is in memory a second time
 * until the operating system has accepted it.
 */
const MAX_UNDERWAY_CHARS = 16 * 1024 * 1024;

/** Delay after which close() logs what it waits for. */
const CLOSE_NOTICE_DELAY_MS = 3_000;

/**
 * Pushes the jobs of one turn of the event loop together, one command per queue. While Redis is unreachable, or refuses jobs
 * temporarily, they wait here in order, so that a job that expires meanwhile is never pushed.
 */
export class PushBatcher implements UnfinishedPushes {
  /** Number of pushes that were answered. */
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
    // After the poll phase, so that all requests sent upon the replies of one read are pushed together.
    this.pushing = new WhenReady(driver, () => this.flush(), {
      ready: () => driver.usable(),
      failed: (error) => this.failWaiting(error),
    });
  }

  /** UTF-16 units of the jobs that wait or whose push is not confirmed. */
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

  /** Removes the job of a sender that has ended. @returns true if the job certainly never reached Redis. */
  remove(id: string): boolean {
    const job = this.waiting.remove(id);
    return job !== undefined && !job.mayBeInRedis;
  }

  /** @returns why Redis refuses a job at the moment; `undefined` if the job does not wait because of a refusal. */
  refusalOf(id: string): string | undefined {
    const { reason } = this.refusedPushes;
    const isUnpushed = (): boolean =>
      this.waiting.has(id) || this.underway.jobs.some(({ sender }) => sender.id === id);
    return reason !== undefined && isUnpushed() ? reason : undefined;
  }

  /** Pushes the waiting jobs and waits, for a limited time, for Redis to confirm them; then the others fail. */
  async close(): Promise<void> {
    const { driver } = this.shard;
    void driver.lost().then(() => {
      this.isLost = true;
    });
    this.refusedPushes.endWait();
    if (this.waiting.size > 0) {
      this.pushing.now();
    }
    const notice = driver.runtime.setTimeout(() => this.logWait(), CLOSE_NOTICE_DELAY_MS).unref();
    await waitForPushes(this, driver.runtime);
    driver.runtime.clear(notice);
    this.failAll();
  }

  private logWait(): void {
    const count = this.waiting.size + this.underway.jobs.length;
    this.log.info(`Closing the client: waiting for Redis to confirm ${counted(count, 'sent job')}`);
  }

  private schedule(): void {
    // Checked first, because most jobs follow another one in the same turn.
    if (!this.pushing.isScheduled && this.mayPush) {
      this.pushing.schedule();
    }
  }

  /** Whether jobs may be pushed now. After a refusal, one push must be answered before the next. */
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
    // Last, because a subscriber may end other requests, whose jobs must be found among the waiting ones.
    failed.endSenders();
    if (failed.refusal) {
      this.refusedPushes.refused(failed.refusal, failed.refusedQueues);
    } else if (answers.some(wasPushed)) {
      this.refusedPushes.accepted(this.waiting.size > 0);
    }
    if (this.waiting.size > 0) {
      this.schedule();
    }
  }

  /** Sends the batches. Each answer is processed as it arrives, outside the `try` of the call. */
  private send(batches: readonly Batch[]): Promise<PromiseSettledResult<PushResult>[]> {
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

  private pushed(batch: Batch, result: PushResult): void {
    this.progress++;
    this.underway.remove(batch);
    deliverPushResult(batch.jobs, result, this.workersHere);
  }

  /** Fails the waiting jobs, because the connections are closed, the server is unusable or the options are wrong. */
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

  /** Fails all jobs. Jobs that are underway may still reach Redis and run. */
  private failAll(): void {
    for (const { sender } of [...this.underway.jobs, ...this.waiting.take()]) {
      sender.fail(this.closedError(sender.queue), 'closed');
    }
  }
}
