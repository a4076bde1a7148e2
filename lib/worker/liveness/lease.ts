import type { Log } from '../../telemetry/log.js';
import { retireWorker } from '../../protocol/operations/retire-worker.js';
import { Backoff } from '../../driver/backoff.js';
import type { Driver } from '../../driver/driver.js';
import { Gate } from '../../driver/gate.js';
import { isRefusal, longestWaitAfter } from '../../driver/refusal.js';
import type { Timer } from '../../driver/runtime.js';
import { QueueLease, type LeasedQueue } from './queue-lease.js';

/**
 * Tells Redis, every third of the lease, that the workers of this process are alive, and hears at each turn which
 * others have not told. All queues are told together, and each is answered for itself.
 */
export class Lease {
  private readonly leases: ReadonlyMap<string, QueueLease>;
  private timer: Timer | undefined;
  private isStopped = false;
  private readonly stopGate = new Gate();
  private readonly stopped = this.stopGate.until(() => this.isStopped);
  private startedAt = 0;
  /** Resolves when the last renewal that has begun is over. */
  private underway: Promise<void> = Promise.resolve();
  /** The renewal after that one. */
  private nextRenewal: Promise<void> | undefined;
  /** Whether it is of all queues: somebody waits for it. */
  private isForAllQueues = false;

  /** @param duration - ms. */
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
   * Tries until the server knows the workers of all queues, or they are stopped.
   * @throws what keeps connections from being made at all.
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
   * Gives the lease up: nobody looks after these workers any more, but for those in whose slots a job lies, or may come.
   * @param isOver - whether no job can come into the slots of a queue any more.
   */
  async stop(isOver: (queue: string) => boolean): Promise<void> {
    this.isStopped = true;
    this.stopGate.wake();
    this.driver.runtime.clear(this.timer);
    await this.retire([...this.leases.keys()], isOver);
  }

  /**
   * Gives the lease up on some queues, as soon as the server is there. What fails leaves it to lapse by itself.
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

  /** What Redis refuses of the lease on a queue; `undefined` where it does not. */
  refusalOf(queue: string): string | undefined {
    return this.leases.get(queue)?.refusal;
  }

  /** Whether others know of the connection for commands, so that what it takes from a queue is looked after. */
  isUpToDate(queue: string): boolean {
    return this.leases.get(queue)?.isUpToDate(this.driver.commands) ?? false;
  }

  /**
   * Renews it out of turn, which also tells of connections that have changed.
   * @throws when Redis gives no answer. What it refuses of one queue is no concern of the others.
   */
  async renew(): Promise<void> {
    await this.renewAll();
    const lost = this.all.find(({ failure }) => failure !== undefined && !isRefusal(failure));
    if (lost && !this.isStopped) {
      throw lost.failure;
    }
  }

  /** As {@link renew}, for one queue. @throws what Redis refuses it with, or that it gives no answer. */
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

  /** Those of all queues open in the same moment: who comes while one renewal is under way shares the next with all others. */
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
      // The connections are closed for good.
    }
  }

  /** There was no server to renew leases at: others may have missed it as well. */
  private missed(leases: readonly QueueLease[]): void {
    for (const { queue } of leases) {
      queue.outages.renewalFailed();
    }
  }
}

/** @returns `undefined` where one of the waits is as long as usual. */
const shortestWait = (waits: readonly (number | undefined)[]): number | undefined =>
  waits.includes(undefined) ? undefined : Math.min(...waits.filter((wait) => wait !== undefined));
