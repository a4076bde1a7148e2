import type { Log } from '../telemetry/log.js';
import { pruneExpiredJobs, type PrunedJobs } from '../protocol/operations/prune-expired-jobs.js';
import { explainRefusal, isRefusal, logLevelOf } from '../driver/refusal.js';
import type { Timer } from '../driver/runtime.js';
import type { Shard } from '../driver/shard.js';

/** Delay from a timeout until its queue is pruned. Requests that time out in between share that run. */
const PRUNE_DELAY_MS = 1_000;

/** Longest delay, which is reached when several runs in a row removed nothing. */
const LONGEST_PRUNE_DELAY_MS = 32_000;

/** Maximum number of unexpired jobs that a run skips. */
const MAX_SKIPPED_JOBS = 5_000;
/** Number of steps in a row without a removal after which a run gives up. */
const MAX_STEPS_WITHOUT_REMOVAL = 16;

/** Maximum number of queues with a longer delay that are remembered: an application may use any number of queue names. */
const MAX_REMEMBERED_QUEUES = 1_000;

/** Removes expired jobs from the head of a queue, so that a queue without workers does not grow forever. */
export class QueuePruner {
  private readonly timers = new Map<string, Timer>();
  /** Next delay of each queue whose last run removed nothing, ms. */
  private readonly delays = new Map<string, number>();

  constructor(
    private readonly shard: Shard,
    private readonly log: Log,
  ) {}

  /** Schedules a run, because a request to this queue has timed out. */
  requestTimedOut(queue: string): void {
    if (!this.timers.has(queue)) {
      const delay = this.delays.get(queue) ?? PRUNE_DELAY_MS;
      const { runtime } = this.shard.driver;
      const timer = runtime.setTimeout(() => void this.prune(queue), delay).unref();
      this.timers.set(queue, timer);
    }
  }

  close(): void {
    for (const timer of this.timers.values()) {
      this.shard.driver.runtime.clear(timer);
    }
    this.timers.clear();
  }

  private async prune(queue: string): Promise<void> {
    this.timers.delete(queue);
    try {
      if (await this.removeExpired(this.shard.keys.queue(queue).requests)) {
        this.delays.delete(queue);
      } else {
        if (this.delays.size >= MAX_REMEMBERED_QUEUES) {
          this.delays.clear();
        }
        const delay = 2 * (this.delays.get(queue) ?? PRUNE_DELAY_MS);
        this.delays.set(queue, Math.min(delay, LONGEST_PRUNE_DELAY_MS));
      }
      this.log.over(logKindOf(queue));
    } catch (error) {
      // The next timeout prunes again, and a worker that takes an expired job discards it.
      if (isRefusal(error)) {
        this.log.repeated(
          logKindOf(queue),
          logLevelOf(error),
          `Cannot remove expired jobs from queue "${queue}" (${explainRefusal(error)}); they stay until a worker discards them`,
        );
      }
    }
  }

  /** @returns whether it removed any jobs. */
  private async removeExpired(requests: string): Promise<boolean> {
    const { driver } = this.shard;
    let from = 0;
    let isAny = false;
    for (let idle = 0; idle < MAX_STEPS_WITHOUT_REMOVAL && driver.isConnected;) {
      const input = { requests, from };
      const { dropped, next }: PrunedJobs = await driver.commands.run(pruneExpiredJobs, input);
      if (next === undefined || next > MAX_SKIPPED_JOBS) {
        return isAny || dropped > 0;
      }
      isAny ||= dropped > 0;
      idle = dropped > 0 ? 0 : idle + 1;
      from = next;
    }
    return isAny;
  }
}

const logKindOf = (queue: string): string => `prune refused: ${queue}`;
