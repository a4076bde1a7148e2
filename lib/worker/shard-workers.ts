import { endsWithin } from '../driver/in-time.js';
import { ControlDesk } from './control-desk.js';
import { CancelListener } from './cancel-listener.js';
import type { RunContext } from './running/run-context.js';
import { Lease } from './liveness/lease.js';
import type { LeasedQueue } from './liveness/queue-lease.js';
import { QueueRegistry } from './liveness/queue-registry.js';
import { Recovery } from './liveness/recovery.js';
import { ReplyWorker } from './reply-worker.js';
import { Settler } from './settling/settler.js';
import type { OutageHistory } from './liveness/outage-history.js';
import { FINAL_WRITE_TIMEOUT_MS } from './settling/unfinished-jobs.js';
import type { JobHandler, WorkerParts } from './worker-options.js';
import { workerRights } from './worker-rights.js';

/** What the workers of one shard need of the session. */
export interface ShardWorkersOwner {
  /** Returns the outages that this process has seen on a queue. */
  outagesOf(queue: string): OutageHistory;
  /** Called when a worker begins to take jobs, or would if its queue were not paused. */
  onStart(handler: JobHandler, isPaused: boolean): void;
  /** Called when a queue was paused for all processes, or is not any more. */
  onPauseForAll(queue: string, isPaused: boolean): void;
}

/** The workers of one session on one shard, which share their lease, their settler and the listener for cancellations. */
export class ShardWorkers {
  private readonly workers: ReadonlyMap<string, ReplyWorker>;
  private readonly lease: Lease;
  private readonly cancelListener: CancelListener;
  private isStopping = false;
  /** Ends the need of rights. */
  private endNeed: () => void = () => undefined;
  /** Whether no job can arrive any more in the slots of a worker that has stopped, by queue. */
  private readonly areSlotsFinal = new Map<string, boolean>();

  constructor(
    handlers: readonly JobHandler[],
    private readonly parts: WorkerParts,
    private readonly owner: ShardWorkersOwner,
  ) {
    const { log, options, shard, workerId } = parts;
    const settler = new Settler(shard.driver, log, () => this.lease.renew());
    this.workers = new Map(
      handlers.map((handler) => {
        const { queue } = handler;
        const lease = {
          renew: () => this.lease.renewQueue(queue),
          isUpToDate: () => this.lease.isUpToDate(queue),
        };
        return [queue, new ReplyWorker(handler, parts, settler, lease)];
      }),
    );
    const registry = new QueueRegistry(shard, log);
    const leased = this.all.map((worker) =>
      leasedQueue(worker, parts, owner, (isPaused, isNew) => {
        registry.renewed(worker.handler.queue, isNew);
        if (worker.pauseForAll(isPaused)) {
          owner.onPauseForAll(worker.handler.queue, isPaused);
          // So that those who look see that it was heard.
          this.lease.renew().catch(() => undefined);
        }
      }),
    );
    this.lease = new Lease(workerId, options.lease, leased, shard.driver, log);
    const control = new ControlDesk(this, parts, () => this.lease.renew());
    this.cancelListener = new CancelListener(this.all, parts, control);
  }

  get all(): readonly ReplyWorker[] {
    return [...this.workers.values()];
  }

  of(queue: string): ReplyWorker | undefined {
    return this.workers.get(queue);
  }

  /** The refusal of Redis that keeps the worker of a queue from taking jobs, in words; `undefined` while it takes jobs. */
  refusalOf(queue: string): string | undefined {
    return this.lease.refusalOf(queue) ?? this.workers.get(queue)?.refusal;
  }

  /** ms since the last renewal of the lease on a queue that Redis has confirmed; `undefined` where there was none. */
  leaseAgeOf(queue: string): number | undefined {
    return this.lease.ageOf(queue);
  }

  /**
   * Resolves when Redis knows the workers and they take jobs, or when they were stopped before. Refusals are retried for each queue,
   * and do not hold up other queues.
   * @param paused - queues that are paused.
   * @throws when no connection can be made at all.
   */
  async start(paused: ReadonlySet<string>): Promise<void> {
    const { driver, keys } = this.parts.shard;
    const queues = this.all.map(({ handler }) => keys.queue(handler.queue));
    this.endNeed = driver.needs(workerRights(queues, this.parts.workerId, keys));
    // Throws here where no connection can be made, before anything is started.
    void driver.commands;
    const known = this.lease.start();
    // Cancelling is best effort, so that nobody waits for the listener.
    void this.cancelListener.start();
    const workers = this.all.map(async (worker) => {
      const { queue } = worker.handler;
      await this.lease.untilKnown(queue);
      await this.startWorker(worker, paused.has(queue));
    });
    await Promise.all([known, ...workers]);
  }

  /**
   * Resolves when no worker takes or runs jobs any more.
   * @param outOfTime - aborts when the time of the running jobs is up.
   */
  async stop(outOfTime: AbortSignal): Promise<void> {
    this.isStopping = true;
    await Promise.all(
      this.all.map(async (worker) => {
        this.areSlotsFinal.set(worker.handler.queue, await worker.stop(outOfTime));
      }),
    );
  }

  /** Gives up the leases of the workers, which have stopped. */
  async retire(): Promise<void> {
    this.endNeed();
    this.cancelListener.close();
    const retired = this.lease.stop((queue) => this.areSlotsFinal.get(queue) ?? false);
    const { runtime } = this.parts.shard.driver;
    // A lease that cannot be given up lapses by itself.
    const tried = retired.catch(() => undefined);
    await endsWithin(FINAL_WRITE_TIMEOUT_MS, tried, runtime);
    for (const worker of this.all) {
      if (worker.isExcusing) {
        void this.retireWhenOver(worker);
      }
    }
  }

  /** Excuses a job that stops the workers and most likely waits for the stop, so that they cannot wait for the job. */
  excuse(job: RunContext): void {
    for (const worker of this.workers.values()) {
      worker.excuse(job);
    }
  }

  private async startWorker(worker: ReplyWorker, isPaused: boolean): Promise<void> {
    if (isPaused && !this.isStopping) {
      await worker.pause();
    }
    if (!this.isStopping) {
      worker.start();
      this.owner.onStart(worker.handler, worker.isPaused);
    }
  }

  /** Gives up the lease of a worker that has stopped without waiting for all of its jobs, once they are over. */
  private async retireWhenOver(worker: ReplyWorker): Promise<void> {
    await worker.over();
    await this.lease.retire([worker.handler.queue], () => true).catch(() => undefined);
  }
}

function leasedQueue(
  worker: ReplyWorker,
  parts: WorkerParts,
  owner: ShardWorkersOwner,
  onRenewed: LeasedQueue['onRenewed'],
): LeasedQueue {
  const { queue: name } = worker.handler;
  const outages = owner.outagesOf(name);
  const recovery = new Recovery(worker.handler, parts, outages);
  return {
    name,
    keys: parts.shard.keys.queue(name),
    slots: worker.slotKeys,
    outages,
    identities: () => worker.identities,
    report: () => worker.report(),
    onRenewed,
    onLapsed: (lapsed, now) => void recovery.sweep(lapsed, now),
  };
}
