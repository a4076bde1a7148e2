import type { Keys } from '../protocol/keys.js';
import { pruneExpiredJobs } from '../protocol/scripts/prune-expired-jobs.js';
import type { Connections } from '../redis/connections.js';

/** How long after a timeout its queue is pruned, ms; those of the meantime are dropped with it. */
const DELAY = 1_000;

/** Keeps a queue that nobody serves from growing for ever: drops the jobs that timed out from its head. */
export class QueuePruner {
  private readonly timers = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly connections: Connections,
    private readonly keys: Keys,
  ) {}

  /** A request of this queue has timed out. */
  expired(queue: string): void {
    if (!this.timers.has(queue)) {
      this.timers.set(queue, setTimeout(() => void this.prune(queue), DELAY).unref());
    }
  }

  close(): void {
    for (const timer of this.timers.values()) {
      clearTimeout(timer);
    }
    this.timers.clear();
  }

  private async prune(queue: string): Promise<void> {
    this.timers.delete(queue);
    const { requests } = this.keys.queue(queue);
    try {
      while (
        this.connections.isConnected &&
        (await this.connections.commands.run(pruneExpiredJobs, { requests }))
      );
    } catch {
      // The next timeout prunes again, and a worker that meets an expired job drops it.
    }
  }
}
