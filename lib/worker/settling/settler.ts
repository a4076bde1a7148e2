import type { Log } from '../../telemetry/log.js';
import type { SettledJobs } from '../../protocol/operations/settle-jobs.js';
import { beforeRetry } from '../../driver/before-retry.js';
import type { Driver } from '../../driver/driver.js';
import { isRefusal } from '../../driver/refusal.js';
import { reportLost, separateLost } from './lost-replies.js';
import type { Outcome, SettledQueue } from './outcome.js';
import { RefusedSettles, type Refusal, type RefusalOwner } from './refused-settles.js';
import { splitIntoCalls } from './settle-batches.js';
import { SettleCall } from './settle-call.js';
import { QueueNotifier } from './queue-notifier.js';
import type { SettlePart } from './settle-part.js';
import { UnansweredTakes } from '../taking/unanswered-takes.js';
import { OncePerTurn } from '../../driver/once-per-turn.js';

/** Number of shared calls in a row that try to take jobs of an empty queue, before the fetcher waits on a connection of its own. */
const MAX_EXTRA_TAKES = 4;

/**
 * Pushes the replies of one turn of the event loop together, for all queues of this process, releases their jobs and takes the next
 * ones, all in one step. A call is repeated until Redis confirms it. Repeating does no harm: a job that was released is not replied
 * to again, and jobs that were taken are found in their slots. Errors of the code that an answer starts are not taken for errors of Redis.
 */
export class Settler {
  /** Reads the slots of takes that were not answered. */
  readonly unansweredTakes: UnansweredTakes;
  private waiting = new Map<SettledQueue, Outcome[]>();
  /** Number of outcomes of each queue that are in calls, or are retried. */
  private readonly unsettled = new QueueCounts();
  /** Number of calls underway that may take jobs of each queue. */
  private readonly takingCalls = new QueueCounts();
  /** Number of calls that have tried to take jobs of a queue since one of its jobs ended. */
  private readonly extraTakes = new Map<SettledQueue, number>();
  private readonly notifier: QueueNotifier;
  private readonly refused: RefusedSettles;
  private readonly flushing: OncePerTurn;

  /** @param announce - announces the connection for commands to other workers, so that they can detect when its jobs are lost. */
  constructor(
    private readonly driver: Driver,
    private readonly log: Log,
    private readonly announce: () => Promise<void>,
  ) {
    this.unansweredTakes = new UnansweredTakes(driver, log);
    this.notifier = new QueueNotifier(log);
    const owner: RefusalOwner = {
      settle: (parts, mayBeDone) => this.settle(parts, mayBeDone),
      onCarriedOut: (parts) => this.afterCall(parts),
    };
    this.refused = new RefusedSettles(log, owner, driver.runtime);
    this.flushing = new OncePerTurn(driver.runtime, () => this.flush());
  }

  /** Whether outcomes of a queue wait or are in calls. */
  isSettling(queue: SettledQueue): boolean {
    return this.waiting.has(queue) || this.unsettled.has(queue);
  }

  /**
   * Whether a call that may take jobs of a queue waits or is underway. Retries of refused calls, which may last for ever, do
   * not count.
   */
  isTaking(queue: SettledQueue): boolean {
    return this.waiting.has(queue) || this.takingCalls.has(queue);
  }

  add(queue: SettledQueue, outcome: Outcome): void {
    this.extraTakes.delete(queue);
    const outcomes = this.waiting.get(queue);
    if (outcomes) {
      outcomes.push(outcome);
    } else {
      this.waiting.set(queue, [outcome]);
      this.flushing.schedule();
    }
  }

  private flush(): void {
    const { waiting } = this;
    this.waiting = new Map();
    for (const parts of splitIntoCalls(waiting)) {
      for (const { queue, outcomes } of parts) {
        this.unsettled.add(queue, outcomes.length);
        this.takingCalls.add(queue, 1);
      }
      void this.makeCall(parts);
    }
  }

  /** Makes one call, which may take the next jobs of its queues. */
  private async makeCall(parts: readonly SettlePart[]): Promise<void> {
    const refusal = await this.settle(parts);
    const repeated = refusal && this.retry(refusal);
    for (const { queue } of parts) {
      this.takingCalls.add(queue, -1);
    }
    this.afterCall(parts);
    await repeated;
  }

  /**
   * Makes calls until all parts are settled or one call is refused.
   * @param mayBeDone - whether the same was sent before, without an answer.
   * @returns the refusal, if a call was refused.
   */
  private async settle(
    parts: readonly SettlePart[],
    mayBeDone = false,
  ): Promise<Refusal | undefined> {
    let isRepeated = mayBeDone;
    for (let left = parts; left.length > 0;) {
      let call: SettleCall | undefined;
      let answer: SettledJobs;
      try {
        if (!this.driver.isReady) {
          await this.driver.ready();
        }
        call = SettleCall.begin(left, this.driver.clock.now(), isRepeated);
        answer = await this.send(call);
      } catch (error) {
        // Otherwise the connections are closed for good: the lease lapses, and other workers recover the jobs.
        return call && isRefusal(error) ? { call, error } : undefined;
      }
      left = this.applyAnswer(call, answer);
      // The rest may have taken its next jobs already.
      isRepeated = true;
    }
    return undefined;
  }

  /** @throws the refusal of Redis, or an error once the connections are closed for good. */
  private async send(call: SettleCall): Promise<SettledJobs> {
    for (let isLost = false; ; isLost = true) {
      if (isLost) {
        // Outside of the `try`, because it rejects once the connections are closed for good.
        await this.driver.ready();
      }
      try {
        if (isLost) {
          await this.tryToAnnounce();
        }
        return (await call.carryOutAndWait()) ?? (await call.carryOut(this.driver.commands));
      } catch (error) {
        if (isRefusal(error)) {
          throw error;
        }
        this.notifier.notifyUnanswered(call.markUnanswered());
        await beforeRetry(error, this.driver.runtime);
      }
    }
  }

  /** Announces the connection. A refusal is ignored: the lease uses other keys, so that the replies may still be accepted. */
  private async tryToAnnounce(): Promise<void> {
    try {
      await this.announce();
    } catch (error) {
      if (!isRefusal(error)) {
        throw error;
      }
    }
  }

  /** Notifies the queues of what a call has done. @returns the parts that were not carried out. */
  private applyAnswer(call: SettleCall, answer: SettledJobs): readonly SettlePart[] {
    if ('jobs' in answer) {
      this.markSettled(call.parts);
      this.notifier.notifyTaken(call.takes, answer.jobs);
      return [];
    }
    const { missingParts, remaining } = call.splitMissing(answer.missing);
    const { commands, clock } = this.driver;
    const { lost, others } = separateLost(missingParts, commands.lastRunId, clock.now());
    // A job that is missing when its call is repeated was probably settled by the first attempt.
    if (!call.mayBeDone) {
      reportLost(this.log, lost);
      this.notifier.warnMissing(others);
    }
    this.markSettled(others);
    return [...remaining, ...lost];
  }

  private markSettled(parts: readonly SettlePart[]): void {
    for (const { queue, outcomes } of parts) {
      this.notifier.notifyReleased(queue, outcomes);
      this.unsettled.add(queue, -outcomes.length);
    }
  }

  private async retry(refusal: Refusal): Promise<void> {
    const { call } = refusal;
    if (!call.mayBeDone) {
      // The call took no jobs. A repeated call has to look for jobs that the first attempt may have taken.
      this.notifier.notifyTaken(call.takes, []);
    }
    await this.refused.retryUntilAccepted(refusal);
  }

  /**
   * Leaves queues that no other call takes jobs of to their fetchers. Where there are several such queues, or another call is about
   * to be sent, a few more shared calls take their jobs: one call for all costs less than a blocking call for each.
   */
  private afterCall(parts: readonly SettlePart[]): void {
    const queues = parts.map(({ queue }) => queue).filter((queue) => !this.isTaking(queue));
    const isShared = queues.length > 1 || this.flushing.isScheduled;
    for (const queue of queues) {
      const asks = this.extraTakes.get(queue) ?? 0;
      if (isShared && asks < MAX_EXTRA_TAKES && queue.wantsJobs()) {
        this.extraTakes.set(queue, asks + 1);
        this.waiting.set(queue, []);
        this.flushing.schedule();
      } else {
        this.extraTakes.delete(queue);
        this.notifier.notifySettled(queue);
      }
    }
  }
}

/** Counts by queue, without entries for zero. */
class QueueCounts {
  private readonly counts = new Map<SettledQueue, number>();

  has(queue: SettledQueue): boolean {
    return this.counts.has(queue);
  }

  add(queue: SettledQueue, more: number): void {
    const count = (this.counts.get(queue) ?? 0) + more;
    if (count > 0) {
      this.counts.set(queue, count);
    } else {
      this.counts.delete(queue);
    }
  }
}
