import { inspectQueue, type QueueState } from '../../protocol/operations/inspect-queue.js';
import { resultWithin } from '../../driver/in-time.js';
import { isRefusal } from '../../driver/refusal.js';
import type { Shard } from '../../driver/shard.js';

/** Time that a request that timed out waits for the state of its queue. */
const INSPECTION_TIMEOUT_MS = 500;

/** The state of a queue, the refusal of Redis, or `undefined` without an answer. */
export type Inspection = QueueState | { readonly refusal: Error } | undefined;

/** Reads the state of a queue for an error message, for a limited time. Concurrent callers share one call. */
export class QueueInspector {
  private readonly running = new Map<string, Promise<Inspection>>();

  constructor(private readonly shard: Shard) {}

  inspect(queue: string): Promise<Inspection> {
    const running = this.running.get(queue);
    if (running) {
      return running;
    }
    const inspection = this.askRedis(queue).finally(() => this.running.delete(queue));
    this.running.set(queue, inspection);
    return inspection;
  }

  private async askRedis(queue: string): Promise<Inspection> {
    const { driver, keys } = this.shard;
    if (!driver.isConnected) {
      return undefined;
    }
    try {
      const { requests, workers } = keys.queue(queue);
      const state = driver.commands.run(inspectQueue, { requests, workers });
      return await resultWithin(INSPECTION_TIMEOUT_MS, state, undefined, driver.runtime);
    } catch (error) {
      return isRefusal(error) ? { refusal: error } : undefined;
    }
  }
}
