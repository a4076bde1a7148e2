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

/** How often in a row queues that have no jobs are asked again together, before each waits on a connection of its own. */
const MAX_EXTRA_TAKES = 4;

/**
 * Pushes the replies of one turn of the event loop together, those of all queues of this process, releases their jobs
 * and takes the next ones, all in one step. It asks again until Redis confirms; asking twice does no harm, because a job
 * that was released answers nothing, and what was taken is found in its slot. What follows from an answer is no part of the
 * asking: whatever it throws is no failure of Redis.
 */
export class Settler {
  /** What its calls may have taken without an answer. */
  readonly unansweredTakes: UnansweredTakes;
  private waiting = new Map<SettledQueue, Outcome[]>();
  /** How many outcomes of a queue are on their way. */
  private readonly unsettled = new QueueCounts();
  /** How many calls that may take jobs of a queue are on their way. */
  private readonly takingCalls = new QueueCounts();
  /** How often a queue was asked for jobs alone since one of its jobs ended. */
  private readonly extraTakes = new Map<SettledQueue, number>();
  private readonly notifier: QueueNotifier;
  private readonly refused: RefusedSettles;
  private readonly flushing: OncePerTurn;

  /** @param announce - tells others of the connection for commands, so that what lies in our slots is looked after. */
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

  /** Whether outcomes of a queue wait or are on their way. */
  isSettling(queue: SettledQueue): boolean {
    return this.waiting.has(queue) || this.unsettled.has(queue);
  }

  /** Whether a call that may take jobs of a queue waits or is on its way; what was refused may be tried for ever. */
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
   * @param mayBeDone - whether Redis was asked for it before, without an answer.
   * @returns what was refused, if anything was.
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
        // Else the connections are closed for good: the lease runs out, and others take over what is left.
        return call && isRefusal(error) ? { call, error } : undefined;
      }
      left = this.applyAnswer(call, answer);
      // What is left may have taken its next jobs already.
      isRepeated = true;
    }
    return undefined;
  }

  /** @throws what Redis refuses the call with, or that the connections are closed for good. */
  private async send(call: SettleCall): Promise<SettledJobs> {
    for (let isLost = false; ; isLost = true) {
      if (isLost) {
        // Not among what is tried again: it rejects once the connections are closed for good.
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

  /** Where a lease is refused, replies need not be: that is another key's trouble, or theirs, too, as they will hear. */
  private async tryToAnnounce(): Promise<void> {
    try {
      await this.announce();
    } catch (error) {
      if (!isRefusal(error)) {
        throw error;
      }
    }
  }

  /** Passes on what a call was answered. @returns what is left to be asked for anew. */
  private applyAnswer(call: SettleCall, answer: SettledJobs): readonly SettlePart[] {
    if ('jobs' in answer) {
      this.markSettled(call.parts);
      this.notifier.notifyTaken(call.takes, answer.jobs);
      return [];
    }
    const { gone, left } = call.splitMissing(answer.missing);
    const { commands, clock } = this.driver;
    const { lost, others } = separateLost(gone, commands.identity?.server, clock.now());
    reportLost(this.log, lost);
    // What is not there any more when it is asked again was settled before.
    if (!call.mayBeDone) {
      this.notifier.warnMissing(others);
    }
    this.markSettled(others);
    return [...left, ...lost];
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
      // It took no jobs. Else it is to look for those that it may have taken.
      this.notifier.notifyTaken(call.takes, []);
    }
    await this.refused.retryUntilAccepted(refusal);
  }

  /**
   * Leaves queues that no other call asks for jobs to their fetchers. Where there are several, or another call leaves anyway,
   * they are asked a few times more: one call for all costs less than a blocking one for each.
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

/** How many there are of each queue. */
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
