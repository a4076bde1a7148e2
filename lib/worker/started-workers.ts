import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { CancelListener } from './cancel-listener.js';
import { Lease, type LeasedQueue } from './lease.js';
import { Recovery } from './recovery.js';
import { ReplyWorker } from './reply-worker.js';
import { Settler } from './settler.js';
import type { JobHandler, WorkerParts } from './worker-options.js';

/** How long stopping workers wait for Redis, ms. */
const LAST_WORD = 500;

/** The workers of one start, from then on until they are stopped. */
export class StartedWorkers {
  private readonly workers: ReadonlyMap<string, ReplyWorker>;
  private readonly leased: ReadonlyMap<LeasedQueue, ReplyWorker>;
  private readonly lease: Lease;
  private readonly cancelListener: CancelListener;
  private isStopping = false;

  /** @param shared - what all workers of this process share, whenever they were started. */
  constructor(
    handlers: readonly JobHandler[],
    private readonly shared: Omit<WorkerParts, 'workerId'>,
  ) {
    const parts = { ...shared, workerId: randomUUID() };
    const { connections, log, options, workerId } = parts;
    const settler = new Settler(connections, log, () => this.lease.renew());
    const lease = { renew: () => this.lease.renew(), isUpToDate: () => this.lease.isUpToDate };
    this.workers = new Map(
      handlers.map((handler) => [handler.queue, new ReplyWorker(handler, parts, settler, lease)]),
    );
    this.leased = new Map(
      [...this.workers.values()].map((worker) => [this.leasedQueue(worker, parts), worker]),
    );
    this.lease = new Lease(workerId, options.lease, [...this.leased.keys()], connections);
    this.cancelListener = new CancelListener([...this.workers.values()], shared);
  }

  of(queue: string): ReplyWorker | undefined {
    return this.workers.get(queue);
  }

  /**
   * Resolves when Redis knows the workers and they take jobs, or when they were stopped before.
   * @param paused - queues that they take no jobs from for now.
   */
  async start(paused: ReadonlySet<string>): Promise<void> {
    await this.lease.start();
    if (this.isStopping) {
      return;
    }
    await this.cancelListener.start();
    for (const [queue, worker] of this.workers) {
      if (this.isStopping) {
        return;
      }
      if (paused.has(queue)) {
        await worker.pause();
      }
      worker.start();
    }
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    const outOfTime = new AbortController();
    // One or two for each queue.
    setMaxListeners(0, outOfTime.signal);
    const timer = setTimeout(() => outOfTime.abort(), this.shared.options.shutdownTimeout);
    const over = new Map(
      await Promise.all(
        [...this.leased].map(
          async ([queue, worker]) => [queue, await worker.stop(outOfTime.signal)] as const,
        ),
      ),
    );
    clearTimeout(timer);
    this.cancelListener.close();
    const retired = this.lease.stop((queue) => over.get(queue) ?? false);
    // What fails leaves the lease to lapse by itself.
    await Promise.race([retired.catch(() => undefined), delay(LAST_WORD)]);
  }

  private leasedQueue(worker: ReplyWorker, parts: WorkerParts): LeasedQueue {
    const said = new Set<string>();
    const recovery = new Recovery(worker.handler, parts, (text) => {
      if (!said.has(text)) {
        said.add(text);
        parts.log.warn(text);
      }
    });
    return {
      keys: parts.keys.queue(worker.handler.queue),
      slots: worker.slotKeys,
      identity: () => worker.identity,
      onLapsed: (workerIds) => void recovery.sweep(workerIds),
    };
  }
}
