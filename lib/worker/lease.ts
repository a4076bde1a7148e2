import { hostname } from 'node:os';
import type { QueueKeys } from '../protocol/keys.js';
import { renewLease } from '../protocol/scripts/renew-lease.js';
import type { Connections } from '../redis/connections.js';

/** A queue on which this process is to be known as alive. */
export interface LeasedQueue {
  readonly keys: QueueKeys;
  readonly slots: number;
}

/** Tells Redis, every third of the lease, that the workers of this process are alive. */
export class Lease {
  private timer: NodeJS.Timeout | undefined;
  private started = 0;

  /** @param duration - ms. */
  constructor(
    private readonly workerId: string,
    private readonly duration: number,
    private readonly queues: readonly LeasedQueue[],
    private readonly connections: Connections,
  ) {}

  /** Resolves when the server knows the workers. */
  async start(): Promise<void> {
    await this.connections.ready();
    this.started = this.connections.clock.now();
    this.timer = setInterval(() => void this.tryRenew(), this.duration / 3);
    await this.renew();
  }

  /** Gives the lease up: nobody looks after these workers any more. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    if (!this.connections.isReady) {
      return;
    }
    await this.connections.commands.pipeline((commands) => {
      for (const { keys } of this.queues) {
        commands.zrem(keys.workers, this.workerId).del(keys.worker(this.workerId));
      }
    });
  }

  private async renew(): Promise<void> {
    const { commands } = this.connections;
    await commands.allOrError((_, addScript) => {
      for (const { keys, slots } of this.queues) {
        addScript(renewLease, {
          workers: keys.workers,
          worker: keys.worker(this.workerId),
          workerId: this.workerId,
          lease: this.duration,
          description: {
            slots,
            connection: commands.id ?? 0,
            host: hostname(),
            pid: process.pid,
            started: this.started,
          },
        });
      }
    });
  }

  private async tryRenew(): Promise<void> {
    if (this.connections.isReady) {
      // What fails now is tried again in a third of the lease.
      await this.renew().catch(() => undefined);
    }
  }
}
