import type { WorkersHere } from '../../errors/served-here.js';
import type { Log } from '../../telemetry/log.js';
import type { Keys } from '../../protocol/keys.js';
import type { GuardedPushResult } from '../../protocol/operations/push-guarded-job.js';
import type { Driver } from '../../driver/driver.js';
import { explainRefusal, isPassing, isRefusal } from '../../driver/refusal.js';
import { UnusableServerError } from '../../driver/server-trouble.js';
import { waitWithPatience, type Unfinished } from './closing-patience.js';
import type { OutgoingJob } from './outgoing-job.js';
import { batchesOf, pushBatch, type Batch } from './push-batches.js';
import { isPush, tellRefusal, tellResult } from './push-results.js';
import { RefusedPushes } from './refused-pushes.js';

/**
 * UTF-16 units that may be underway before others leave: what is written to a connection is in memory a second time until
 * it has left.
 */
const MOST_UNDERWAY = 16 * 1024 * 1024;

/** After how long a close says what it waits for, ms. */
const TELL_WAIT_MS = 3_000;

/**
 * Pushes the jobs of one turn of the event loop together, one command for each queue. While Redis is away, or refuses
 * them for a reason that passes, they wait here, in order, so that one whose time runs out meanwhile is never pushed.
 */
export class PushBatcher implements Unfinished {
  /** UTF-16 units of the jobs that wait here, and of those whose push is not confirmed. */
  length = 0;
  /** Pushes that were answered. */
  progress = 0;
  private waiting = new Map<string, OutgoingJob>();
  /** What was pushed together and is not answered yet. */
  private readonly underway = new Set<readonly Batch[]>();
  private underwayLength = 0;
  private isScheduled = false;
  private added = 0;
  private isLost = false;
  private readonly refused: RefusedPushes;

  constructor(
    private readonly connections: Driver,
    private readonly keys: Keys,
    private readonly closedError: (queue: string) => Error,
    private readonly log: Log,
    private readonly workersHere: (queue: string) => WorkersHere | undefined = () => undefined,
  ) {
    this.refused = new RefusedPushes(log, () => this.schedule(), connections.runtime);
  }

  get isDone(): boolean {
    return this.waiting.size === 0 && this.underway.size === 0;
  }

  get isAway(): boolean {
    const { isReady, state } = this.connections;
    return !isReady && (this.isLost || state === 'reconnecting');
  }

  add(job: OutgoingJob): void {
    job.order = this.added++;
    this.length += job.length;
    this.waiting.set(job.sender.id, job);
    this.schedule();
  }

  /** Takes a job back whose sender has ended. @returns whether it waited here and Redis never had it for sure. */
  drop(id: string): boolean {
    const job = this.waiting.get(id);
    if (!job) {
      return false;
    }
    this.waiting.delete(id);
    this.length -= job.length;
    return !job.mayHaveLeft;
  }

  /** @returns what Redis refuses a job with at the moment; `undefined` where that is not what the job waits for. */
  refusalOf(id: string): string | undefined {
    const { reason } = this.refused;
    const isUnpushed = (): boolean =>
      this.waiting.has(id) ||
      [...this.underway].flat().some(({ jobs }) => jobs.some(({ sender }) => sender.id === id));
    return reason !== undefined && isUnpushed() ? reason : undefined;
  }

  /** Pushes what waits, and waits for a while until Redis has confirmed it; what it has not by then fails. */
  async close(): Promise<void> {
    void this.connections.lost().then(() => {
      this.isLost = true;
    });
    this.refused.endWait();
    this.flush();
    const { runtime } = this.connections;
    const telling = runtime.setTimeout(() => this.tellWait(), TELL_WAIT_MS).unref();
    await waitWithPatience(this, runtime);
    runtime.clear(telling);
    this.failAll();
  }

  private tellWait(): void {
    const underway = [...this.underway].flat().reduce((sum, { jobs }) => sum + jobs.length, 0);
    this.log.info(
      `Waiting for Redis to confirm ${this.waiting.size + underway} jobs that were sent`,
    );
  }

  private schedule(): void {
    if (this.isScheduled || !this.mayLeave) {
      return;
    }
    this.isScheduled = true;
    const flush = (): void => {
      this.isScheduled = false;
      this.flush();
    };
    if (this.connections.isReady) {
      // After the poll phase: what the replies of one read led to leaves together.
      this.connections.runtime.setImmediate(flush);
    } else {
      this.connections.usable().then(flush, (error: unknown) => this.cannotLeave(error));
    }
  }

  /** Once jobs were refused, those that try again are not followed by others before they are answered. */
  private get mayLeave(): boolean {
    const { reason, isWaiting } = this.refused;
    return reason === undefined
      ? this.underwayLength < MOST_UNDERWAY
      : !isWaiting && this.underway.size === 0;
  }

  private flush(): void {
    if (this.waiting.size === 0 || !this.mayLeave) {
      return;
    }
    if (!this.connections.isReady) {
      this.schedule();
      return;
    }
    void this.push(batchesOf(this.take().values(), this.connections.clock.now()));
  }

  private take(): Map<string, OutgoingJob> {
    const { waiting } = this;
    const { allowance } = this.refused;
    if (waiting.size <= allowance && this.length < MOST_UNDERWAY) {
      this.waiting = new Map();
      return waiting;
    }
    const taken = new Map<string, OutgoingJob>();
    let length = this.underwayLength;
    for (const [id, job] of waiting) {
      if (taken.size >= allowance || length >= MOST_UNDERWAY) {
        break;
      }
      waiting.delete(id);
      taken.set(id, job);
      length += job.length;
    }
    return taken;
  }

  private async push(batches: readonly Batch[]): Promise<void> {
    const length = batches.reduce((sum, batch) => sum + batch.length, 0);
    this.underway.add(batches);
    this.underwayLength += length;
    const answers = await this.send(batches);
    this.underwayLength -= length;
    this.underway.delete(batches);
    const again: OutgoingJob[] = [];
    const refusedQueues: string[] = [];
    const effects: (() => void)[] = [];
    let refusal: Error | undefined;
    batches.forEach(({ jobs }, index) => {
      const answer = answers[index];
      if (answer?.status !== 'rejected') {
        return;
      }
      const error: unknown = answer.reason;
      const wanted = jobs.filter((job) => this.isWanted(job));
      if (isPassing(error)) {
        refusal = error;
        again.push(...wanted);
        refusedQueues.push(...jobs.slice(0, 1).map(({ queue }) => queue));
      } else if (isRefusal(error)) {
        wanted.forEach((job) => this.forget(job));
        effects.push(() => tellRefusal(wanted, error));
      } else {
        again.push(...this.repeatable(wanted, effects));
      }
    });
    this.putBack(again);
    // Whoever hears of an end may end others: their jobs have to be where they are found.
    effects.forEach((effect) => effect());
    if (refusal) {
      this.refused.refused(explainRefusal(refusal), refusedQueues);
    } else if (answers.some(isPush)) {
      this.refused.accepted(this.waiting.size > 0);
    }
    if (this.waiting.size > 0) {
      this.schedule();
    }
  }

  /** What follows from an answer is no part of the call: each batch hears of its own answer as that comes. */
  private send(batches: readonly Batch[]): Promise<PromiseSettledResult<GuardedPushResult>[]> {
    return this.connections.commands.settled((run) =>
      batches.map((batch) => {
        const answer = pushBatch(batch, this.keys, run);
        answer.then(
          (result) => this.pushed(batch.jobs, result),
          () => undefined,
        );
        return answer;
      }),
    );
  }

  private pushed(jobs: readonly OutgoingJob[], result: GuardedPushResult): void {
    this.progress++;
    jobs.forEach((job) => this.forget(job));
    tellResult(jobs, result, this.workersHere);
  }

  /** @returns the jobs to push again: nobody knows whether Redis had them, and a job run twice has one reply. */
  private repeatable(jobs: readonly OutgoingJob[], effects: (() => void)[]): OutgoingJob[] {
    for (const job of jobs) {
      job.mayHaveLeft = true;
      if (job.isOnce) {
        this.forget(job);
        effects.push(() => job.sender.unconfirmed());
      }
    }
    return jobs.filter((job) => !job.isOnce);
  }

  /** Whether its sender still waits; else it is forgotten. */
  private isWanted(job: OutgoingJob): boolean {
    const isWanted = job.sender.isWaiting();
    if (!isWanted) {
      this.forget(job);
    }
    return isWanted;
  }

  private forget(job: OutgoingJob): void {
    this.length -= job.length;
  }

  /** In the order in which they were sent, before those that were sent after them. */
  private putBack(jobs: readonly OutgoingJob[]): void {
    if (jobs.length > 0) {
      const all = [...jobs, ...this.waiting.values()].toSorted(byOrder);
      this.waiting = new Map(all.map((job) => [job.sender.id, job]));
    }
  }

  /** The connections are closed for good, the server cannot serve us, or no connection can be made of the options. */
  private cannotLeave(error: unknown): void {
    if (this.connections.state === 'closed') {
      this.failAll();
      return;
    }
    this.isScheduled = false;
    const jobs = [...this.waiting.values()];
    for (const { sender } of jobs) {
      this.drop(sender.id);
    }
    if (error instanceof UnusableServerError) {
      tellRefusal(jobs, error);
    } else {
      jobs.forEach((job) => job.fail(error));
    }
  }

  /** Those that are underway are forgotten once they are answered. What was emitted may run, if Redis has it. */
  private failAll(): void {
    this.isScheduled = false;
    const pushed = [...this.underway].flat().flatMap(({ jobs }) => jobs);
    for (const { sender } of [...pushed, ...this.waiting.values()]) {
      this.drop(sender.id);
      sender.fail(this.closedError(sender.queue), false);
    }
  }
}

const byOrder = (one: OutgoingJob, other: OutgoingJob): number => one.order - other.order;
