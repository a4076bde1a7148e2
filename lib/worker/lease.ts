import { hostname } from 'node:os';
import type { QueueKeys } from '../protocol/keys.js';
import { renewLease } from '../protocol/scripts/renew-lease.js';
import { retireWorker } from '../protocol/scripts/retire-worker.js';
import { encodeIdentity, type ConnectionIdentity } from '../redis/connection-identity.js';
import type { Connections } from '../redis/connections.js';

/** A queue on which this process is to be known as alive. */
export interface LeasedQueue {
  readonly keys: QueueKeys;
  /** The keys of its slots. */
  readonly slots: readonly string[];
  /** The connection that takes its jobs. */
  identity(): ConnectionIdentity | undefined;
  /** Hears of the workers whose lease has lapsed. */
  onLapsed(workerIds: readonly string[]): void;
}

/**
 * Tells Redis, every third of the lease, that the workers of this process are alive, and hears at each turn which
 * others have not told.
 */
export class Lease {
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;
  private started = 0;
  /** The connection for commands that others know of. */
  private told: ConnectionIdentity | undefined;
  /** Resolves when the last renewal that has begun is over. */
  private underway: Promise<unknown> = Promise.resolve();
  /** The renewal after that one. */
  private next: Promise<void> | undefined;

  /** @param duration - ms. */
  constructor(
    private readonly workerId: string,
    private readonly duration: number,
    private readonly queues: readonly LeasedQueue[],
    private readonly connections: Connections,
  ) {}

  /** Resolves when the server knows the workers, or they were stopped before. */
  async start(): Promise<void> {
    await this.connections.ready();
    if (this.isStopped) {
      return;
    }
    this.started = this.connections.clock.now();
    await this.renew();
    if (this.isStopped) {
      await this.stop(() => true);
    } else {
      this.timer = setInterval(() => void this.tryRenew(), this.duration / 3);
    }
  }

  /**
   * Gives the lease up: nobody looks after these workers any more, but for those in whose slots a job lies, or may come.
   * @param isOver - whether no job can come into the slots of a queue any more.
   */
  async stop(isOver: (queue: LeasedQueue) => boolean): Promise<void> {
    this.isStopped = true;
    clearInterval(this.timer);
    if (!this.connections.isConnected) {
      return;
    }
    // What fails leaves the lease to lapse by itself.
    await this.connections.commands.settled((_, run) =>
      this.queues.map((queue) =>
        run(retireWorker, {
          workers: queue.keys.workers,
          worker: queue.keys.worker(this.workerId),
          workerId: this.workerId,
          slots: queue.slots,
          isWatched: !isOver(queue),
        }),
      ),
    );
  }

  /** Whether others know of the connection for commands, so that what it takes is looked after. */
  get isUpToDate(): boolean {
    return this.told === this.connections.commands.identity;
  }

  /**
   * Renews it out of turn, which also tells of connections that have changed. Those of all queues open in the same moment, and
   * each asks for it: who comes while one renewal is under way shares the next with all others.
   */
  renew(): Promise<void> {
    this.next ??= this.renewNext();
    return this.next;
  }

  private async renewNext(): Promise<void> {
    await Promise.allSettled([this.underway]);
    this.next = undefined;
    if (!this.isStopped) {
      const renewed = this.renewNow();
      this.underway = renewed;
      await renewed;
    }
  }

  private async renewNow(): Promise<void> {
    const { commands } = this.connections;
    const { identity: own } = commands;
    const lapsed = await commands.all((_, run) =>
      this.queues.map(({ keys, slots, identity }) =>
        run(renewLease, {
          workers: keys.workers,
          worker: keys.worker(this.workerId),
          workerId: this.workerId,
          lease: this.duration,
          description: {
            slots: slots.length,
            connections: [own, identity()]
              .flatMap((known) => (known ? [encodeIdentity(known)] : []))
              .join(' '),
            server: own?.server ?? '',
            host: hostname(),
            pid: process.pid,
            started: this.started,
          },
        }),
      ),
    );
    this.told = own;
    this.queues.forEach(({ onLapsed }, index) => onLapsed(lapsed[index] ?? []));
  }

  private async tryRenew(): Promise<void> {
    if (!this.connections.isConnected) {
      return;
    }
    try {
      await this.connections.ready();
      await this.renew();
    } catch {
      // What fails now is tried again in a third of the lease.
    }
  }
}
