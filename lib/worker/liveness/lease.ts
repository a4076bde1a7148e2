import type { Log } from '../../telemetry/log.js';
import { retireWorker } from '../../protocol/operations/retire-worker.js';
import { Backoff } from '../../driver/backoff.js';
import type { Driver } from '../../driver/driver.js';
import { Gate } from '../../driver/gate.js';
import { isRefusal, longestWaitAfter } from '../../driver/refusal.js';
import type { Timer } from '../../driver/runtime.js';
import { QueueLease, type LeasedQueue } from './queue-lease.js';

/**
 * Renews the lease of the workers of this process, three times per lease, and learns each time which other workers have not renewed
 * theirs. The leases of all queues are renewed together, and each succeeds or fails for itself.
 */
export class Lease {
  private readonly leases: ReadonlyMap<string, QueueLease>;
  private timer: Timer | undefined;
  private isStopped = false;
  private readonly stopGate = new Gate();
  private readonly stopped = this.stopGate.until(() => this.isStopped);
  private startedAt = 0;
  /** Resolves when the latest renewal is over. */
  private underway: Promise<void> = Promise.resolve();
  /** The renewal that follows the latest one, if somebody waits for it. */
  private nextRenewal: Promise<void> | undefined;
  /** Whether the next renewal is for all queues, also for those that wait after a refusal. */
  private isForAllQueues = false;

  /** @param duration - how long a lease lasts, ms. */
  constructor(
    workerId: string,
    private readonly duration: number,
    queues: readonly LeasedQueue[],
    private readonly driver: Driver,
    log: Log,
  ) {
    const { runtime } = driver;
    this.leases = new Map(
      queues.map((queue) => [queue.name, new QueueLease(queue, workerId, duration, log, runtime)]),
    );
  }

  /**
   * Renews the leases until the server knows the workers of all queues, or they are stopped.
   * @throws when no connection can be made at all.
   */
  async start(): Promise<void> {
    void this.driver.lost().then(() => this.missed(this.all.filter(({ isKnown }) => !isKnown)));
    await Promise.race([this.driver.ready(), this.stopped]);
    if (this.isStopped) {
      return;
    }
    this.startedAt = this.driver.clock.now();
    const { runtime } = this.driver;
    this.timer = runtime.setInterval(() => void this.tryRenew(), this.duration / 3);
    const backoff = new Backoff(runtime);
    for (;;) {
      await this.renewShared();
      if (this.isStopped || this.all.every(({ isKnown }) => isKnown)) {
        return;
      }
      const waits = this.all.flatMap(({ isKnown, failure }) =>
        isKnown ? [] : [longestWaitAfter(failure)],
      );
      const wait = backoff.next(shortestWait(waits));
      await this.stopGate.untilOrAfter(wait, () => this.isStopped, runtime);
      await Promise.race([this.driver.ready(), this.stopped]);
    }
  }

  /** Resolves when the server knows the worker of a queue, or the workers are stopped. */
  async untilKnown(queue: string): Promise<void> {
    await Promise.race([this.leases.get(queue)?.known, this.stopped]);
  }

  /**
   * Gives up the leases. Other workers still recover the slots that hold a job or may get one.
   * @param isOver - whether no job can arrive in the slots of a queue any more.
   */
  async stop(isOver: (queue: string) => boolean): Promise<void> {
    this.isStopped = true;
    this.stopGate.wake();
    this.driver.runtime.clear(this.timer);
    await this.retire([...this.leases.keys()], isOver);
  }

  /**
   * Gives up the leases on some queues, as soon as the server is reachable. A lease that cannot be given up lapses by itself.
   * @throws when the lines are closed before.
   */
  async retire(queues: readonly string[], isOver: (queue: string) => boolean): Promise<void> {
    await this.driver.ready();
    await this.driver.commands.settled((run) =>
      queues.flatMap((queue) => {
        const lease = this.leases.get(queue);
        return lease ? [run(retireWorker, lease.retirement(!isOver(queue)))] : [];
      }),
    );
  }

  /** The reason why Redis refuses the lease on a queue; `undefined` where it does not. */
  refusalOf(queue: string): string | undefined {
    return this.leases.get(queue)?.refusal;
  }

  /** ms since the last renewal of the lease on a queue that Redis has confirmed was sent; `undefined` where there was none. */
  ageOf(queue: string): number | undefined {
    return this.leases.get(queue)?.age;
  }

  /** Whether other workers know the connection for commands, so that they can detect when its jobs are lost. */
  isUpToDate(queue: string): boolean {
    return this.leases.get(queue)?.isUpToDate(this.driver.commands) ?? false;
  }

  /**
   * Renews all leases now, which also announces new connections.
   * @throws when Redis does not answer. The refusal of one lease does not count, because it does not concern the other queues.
   */
  async renew(): Promise<void> {
    await this.renewAll();
    const lost = this.all.find(({ failure }) => failure !== undefined && !isRefusal(failure));
    if (lost && !this.isStopped) {
      throw lost.failure;
    }
  }

  /**
   * Renews all leases now, for the sake of one queue.
   * @throws when the lease of that queue is refused, or Redis does not answer.
   */
  async renewQueue(queue: string): Promise<void> {
    await this.renewAll();
    const failure = this.leases.get(queue)?.failure;
    if (failure !== undefined && !this.isStopped) {
      throw failure;
    }
  }

  private get all(): QueueLease[] {
    return [...this.leases.values()];
  }

  private renewAll(): Promise<void> {
    this.isForAllQueues = true;
    return this.renewShared();
  }

  /** Shares renewals: connections of all queues open at the same moment, and all that ask during one renewal share the next. */
  private renewShared(): Promise<void> {
    this.nextRenewal ??= this.renewNext();
    return this.nextRenewal;
  }

  private async renewNext(): Promise<void> {
    await Promise.allSettled([this.underway]);
    this.nextRenewal = undefined;
    if (!this.isStopped) {
      this.underway = this.renewNow();
      await this.underway;
    }
  }

  private async renewNow(): Promise<void> {
    const { commands } = this.driver;
    const { isForAllQueues } = this;
    this.isForAllQueues = false;
    const leases = this.all.filter(({ isDue }) => isForAllQueues || isDue);
    const renewals = leases.map(
      (lease) => [lease, lease.renewal(commands, this.startedAt)] as const,
    );
    const results = await commands.settled((run) =>
      renewals.map(([, { script, input }]) => run(script, input)),
    );
    renewals.forEach(([lease, renewal], index) => {
      const result = results[index];
      if (result?.status === 'fulfilled') {
        lease.renewed(renewal, result.value);
      } else {
        lease.failed(result?.reason);
      }
    });
  }

  private async tryRenew(): Promise<void> {
    if (!this.driver.isConnected) {
      this.missed(this.all);
      return;
    }
    try {
      await this.driver.ready();
      await this.renewShared();
    } catch {
      // The connections were closed for good.
    }
  }

  /** Notes that no server was reachable to renew leases: other workers may have missed their renewals as well. */
  private missed(leases: readonly QueueLease[]): void {
    for (const { queue } of leases) {
      queue.outages.renewalFailed();
    }
  }
}

/** @returns the shortest of some waits; `undefined` (as long as usual) where one of them is `undefined`. */
const shortestWait = (waits: readonly (number | undefined)[]): number | undefined =>
  waits.includes(undefined) ? undefined : Math.min(...waits.filter((wait) => wait !== undefined));
