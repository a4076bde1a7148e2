import { explainRefusal, isRefusal, isTemporary } from '../../driver/refusal.js';
import { OncePerTurn } from '../../driver/once-per-turn.js';
import type { Shard } from '../../driver/shard.js';
import { announceQueues } from '../../protocol/operations/announce-queues.js';
import type { Log } from '../../telemetry/log.js';

/** Time after which the registry is told again that the queues are served, ms. */
const ANNOUNCE_INTERVAL_MS = 600_000;

/**
 * Tells the registry of queues which ones this process serves, by a call of its own: a user who may not write to the registry still
 * renews leases. That happens together with a renewal, once the server has not known a worker, and every ten minutes.
 */
export class QueueRegistry {
  private readonly served = new Set<string>();
  private unannounced = new Set<string>();
  /** By the clock of the runtime. */
  private dueAt: number;
  private readonly turn: OncePerTurn;

  constructor(
    private readonly shard: Shard,
    private readonly log: Log,
  ) {
    const { runtime } = shard.driver;
    this.dueAt = runtime.now() + ANNOUNCE_INTERVAL_MS;
    this.turn = new OncePerTurn(runtime, () => void this.announce());
  }

  /** Called when the lease on a queue was renewed. @param isNew - whether the server did not know the worker. */
  renewed(queue: string, isNew: boolean): void {
    const { runtime } = this.shard.driver;
    this.served.add(queue);
    if (isNew) {
      this.unannounced.add(queue);
    }
    if (runtime.now() >= this.dueAt) {
      this.dueAt = runtime.now() + ANNOUNCE_INTERVAL_MS;
      this.served.forEach((each) => this.unannounced.add(each));
    }
    if (this.unannounced.size > 0) {
      this.turn.schedule();
    }
  }

  private async announce(): Promise<void> {
    const { driver, keys } = this.shard;
    const queues = this.unannounced;
    this.unannounced = new Set();
    const registry = keys.queues;
    try {
      await driver.commands.run(announceQueues, { registry, queues: [...queues] });
      this.log.over(REFUSED);
    } catch (error) {
      if (!isRefusal(error) || isTemporary(error)) {
        // The next renewal tries again.
        queues.forEach((queue) => this.unannounced.add(queue));
      } else {
        this.log.repeated(
          REFUSED,
          'warn',
          `Cannot tell in "${registry}" which queues this process serves (${explainRefusal(error)}): QueueAdmin.queues() may not list them`,
        );
      }
    }
  }
}

const REFUSED = 'registry refused';
