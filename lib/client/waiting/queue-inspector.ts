import { inspectQueue, type QueueState } from '../../protocol/operations/inspect-queue.js';
import { resultWithin } from '../../driver/in-time.js';
import { isRefusal } from '../../driver/refusal.js';
import type { Shard } from '../../driver/shard.js';

/** How long a request that timed out waits for the state of its queue, ms. */
const INSPECTION_TIMEOUT_MS = 500;

/** What came of a look at a queue: its state, why Redis refused to tell it, or nothing where it gave no answer. */
export type Inspection = QueueState | { readonly refusal: Error } | undefined;

/** Looks at a queue for an error message: once for all who ask at a time, and never for long. */
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
