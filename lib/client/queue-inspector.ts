import type { Keys } from '../protocol/keys.js';
import { inspectQueue, type QueueState } from '../protocol/scripts/inspect-queue.js';
import type { Connections } from '../redis/connections.js';

/** How long a request that timed out waits for the state of its queue, ms. */
const PATIENCE = 500;

/** Looks at a queue for an error message: once for all who ask at a time, and never for long. */
export class QueueInspector {
  private readonly running = new Map<string, Promise<QueueState | undefined>>();

  constructor(
    private readonly connections: Connections,
    private readonly keys: Keys,
  ) {}

  /** @returns `undefined` when Redis does not say in time. */
  inspect(queue: string): Promise<QueueState | undefined> {
    const running = this.running.get(queue);
    if (running) {
      return running;
    }
    const inspection = this.ask(queue).finally(() => this.running.delete(queue));
    this.running.set(queue, inspection);
    return inspection;
  }

  private async ask(queue: string): Promise<QueueState | undefined> {
    if (!this.connections.isConnected) {
      return undefined;
    }
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, PATIENCE, undefined);
    });
    try {
      const { requests, workers } = this.keys.queue(queue);
      const state = this.connections.commands.run(inspectQueue, { requests, workers });
      return await Promise.race([state, patience]);
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}
