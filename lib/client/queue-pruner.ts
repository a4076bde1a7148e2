import type { Log } from '../telemetry/log.js';
import { pruneExpiredJobs, type PrunedJobs } from '../protocol/operations/prune-expired-jobs.js';
import { explainRefusal, isRefusal, logLevelOf } from '../driver/refusal.js';
import type { Timer } from '../driver/runtime.js';
import type { Shard } from '../driver/shard.js';

/** How long after a timeout its queue is pruned, ms; those of the meantime are dropped with it. */
const PRUNE_DELAY_MS = 1_000;

/** How long it takes at most where there was nothing to drop the times before, ms. */
const LONGEST_PRUNE_DELAY_MS = 32_000;

/** How many jobs that stay are looked past at most, and in how many steps in a row that drop nothing. */
const MAX_SKIPPED_JOBS = 5_000;
const MAX_STEPS_WITHOUT_REMOVAL = 16;

/** Queues without anything to drop that are remembered at most: an application may give them any number of names. */
const MAX_REMEMBERED_QUEUES = 1_000;

/** Keeps a queue that nobody serves from growing for ever: drops the jobs that timed out, from its head on. */
export class QueuePruner {
  private readonly timers = new Map<string, Timer>();
  /** How long a queue waits next time in which nothing was to be dropped, ms. */
  private readonly delays = new Map<string, number>();

  constructor(
    private readonly shard: Shard,
    private readonly log: Log,
  ) {}

  /** A request of this queue has timed out. */
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
      // The next timeout prunes again, and a worker that meets an expired job drops it.
      if (isRefusal(error)) {
        this.log.repeated(
          logKindOf(queue),
          logLevelOf(error),
          `Cannot remove expired jobs from queue "${queue}" (${explainRefusal(error)}); they stay until a worker discards them`,
        );
      }
    }
  }

  /** @returns whether any were dropped. */
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
