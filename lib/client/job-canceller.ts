import { setImmediate } from 'node:timers';
import { encodeCancelMessage } from '../protocol/cancel-message.js';
import type { Keys } from '../protocol/keys.js';
import type { Connections } from '../redis/connections.js';

/** Ids in one message at most. */
const MOST_IDS = 1_000;

/**
 * Tells the workers which jobs nobody waits for any more: those of one turn of the event loop together, one message
 * for each queue. Best effort: a job that was not cancelled runs, and its reply is dropped.
 */
export class JobCanceller {
  private waiting = new Map<string, string[]>();
  private isScheduled = false;

  constructor(
    private readonly connections: Connections,
    private readonly keys: Keys,
  ) {}

  cancel({ queue, id }: { readonly queue: string; readonly id: string }): void {
    const ids = this.waiting.get(queue);
    if (ids) {
      ids.push(id);
    } else {
      this.waiting.set(queue, [id]);
    }
    if (!this.isScheduled) {
      this.isScheduled = true;
      setImmediate(() => {
        // An id that cannot be told now is told when Redis is back: its job may still wait then.
        this.connections.ready().then(
          () => this.flush(),
          () => undefined,
        );
      });
    }
  }

  /** Tells at once what it has to tell, if it can. */
  flush(): void {
    this.isScheduled = false;
    const { waiting } = this;
    this.waiting = new Map();
    if (waiting.size === 0 || !this.connections.isConnected) {
      return;
    }
    // Where it is refused, the jobs run in vain.
    void this.connections.commands.settled((redis) =>
      [...waiting].flatMap(([queue, ids]) => {
        const { cancel } = this.keys.queue(queue);
        return messagesOf(ids).map((message) => redis.publish(cancel, message));
      }),
    );
  }
}

function messagesOf(ids: readonly string[]): string[] {
  const count = Math.ceil(ids.length / MOST_IDS);
  return Array.from({ length: count }, (_, index) =>
    encodeCancelMessage(ids.slice(index * MOST_IDS, (index + 1) * MOST_IDS)),
  );
}
