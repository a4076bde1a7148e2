import type { Keys } from '../../protocol/keys.js';
import { inspectQueue, type QueueState } from '../../protocol/operations/inspect-queue.js';
import type { Driver } from '../../driver/driver.js';
import { isRefusal } from '../../driver/refusal.js';
import type { Timer } from '../../driver/runtime.js';

/** How long a request that timed out waits for the state of its queue, ms. */
const PATIENCE = 500;

/** What came of a look at a queue: its state, why Redis refused to tell it, or nothing where it gave no answer. */
export type Inspection = QueueState | { readonly refusal: Error } | undefined;

/** Looks at a queue for an error message: once for all who ask at a time, and never for long. */
export class QueueInspector {
  private readonly running = new Map<string, Promise<Inspection>>();

  constructor(
    private readonly connections: Driver,
    private readonly keys: Keys,
  ) {}

  inspect(queue: string): Promise<Inspection> {
    const running = this.running.get(queue);
    if (running) {
      return running;
    }
    const inspection = this.ask(queue).finally(() => this.running.delete(queue));
    this.running.set(queue, inspection);
    return inspection;
  }

  private async ask(queue: string): Promise<Inspection> {
    if (!this.connections.isConnected) {
      return undefined;
    }
    const { runtime } = this.connections;
    let timer: Timer | undefined;
    const patience = new Promise<undefined>((resolve) => {
      timer = runtime.setTimeout(resolve, PATIENCE, undefined);
    });
    try {
      const { requests, workers } = this.keys.queue(queue);
      const state = this.connections.commands.run(inspectQueue, { requests, workers });
      return await Promise.race([state, patience]);
    } catch (error) {
      return isRefusal(error) ? { refusal: error } : undefined;
    } finally {
      runtime.clear(timer);
    }
  }
}
