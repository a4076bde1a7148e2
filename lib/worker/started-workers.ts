import { setMaxListeners } from 'node:events';
import { delay } from '../driver/runtime.js';
import { CancelListener } from './cancel-listener.js';
import type { JobContext } from './running/job-context.js';
import { Lease } from './liveness/lease.js';
import type { LeasedQueue } from './liveness/queue-lease.js';
import { Recovery } from './liveness/recovery.js';
import { ReplyWorker } from './reply-worker.js';
import { Settler } from './settling/settler.js';
import type { Standing } from './liveness/standing.js';
import type { JobHandler, WorkerParts } from './worker-options.js';

/** How long stopping workers wait for Redis, ms. */
const LAST_WORD = 500;

/** After how long a stop says what it waits for, ms. */
const TELL_WAIT_MS = 3_000;

/** Queues that it names at most. */
const MOST_NAMED = 5;

const runs = (count: number): string => (count === 1 ? '1 run' : `${count} runs`);

/** The workers of one start, from then on until they are stopped. */
export class StartedWorkers {
  private readonly workers: ReadonlyMap<string, ReplyWorker>;
  private readonly lease: Lease;
  private readonly cancelListener: CancelListener;
  private isStopping = false;
  private stopped: Promise<void> | undefined;

  /**
   * @param shared - what all workers of this process share, whenever they were started.
   * @param standingOn - whether this process may judge the other workers of a queue.
   */
  constructor(
    handlers: readonly JobHandler[],
    private readonly shared: Omit<WorkerParts, 'workerId'>,
    standingOn: (queue: string) => Standing,
  ) {
    const parts = { ...shared, workerId: shared.connections.runtime.randomUUID() };
    const { connections, log, options, workerId } = parts;
    const settler = new Settler(connections, log, () => this.lease.renew());
    this.workers = new Map(
      handlers.map((handler) => {
        const { queue } = handler;
        const lease = {
          renew: () => this.lease.renewOf(queue),
          isUpToDate: () => this.lease.isUpToDate(queue),
        };
        return [queue, new ReplyWorker(handler, parts, settler, lease)];
      }),
    );
    const leased = [...this.workers.values()].map((worker) =>
      leasedQueue(worker, parts, standingOn(worker.handler.queue)),
    );
    this.lease = new Lease(workerId, options.lease, leased, connections, log);
    this.cancelListener = new CancelListener([...this.workers.values()], shared);
  }

  of(queue: string): ReplyWorker | undefined {
    return this.workers.get(queue);
  }

  /** What Redis refuses to the worker of a queue, so that it takes no jobs. */
  refusalOf(queue: string): string | undefined {
    return this.lease.refusalOf(queue) ?? this.workers.get(queue)?.refusal;
  }

  /**
   * Resolves when Redis knows the workers and they take jobs, or when they were stopped before. What Redis refuses of one queue
   * is tried again and holds up no other one.
   * @param paused - queues that they take no jobs from for now.
   * @throws what keeps connections from being made at all; nothing that was begun is left then.
   */
  async start(paused: ReadonlySet<string>): Promise<void> {
    try {
      // Where none can be made, nobody else has to say so.
      void this.shared.connections.commands;
      const known = this.lease.start();
      // To hear of cancellations is best effort, and nobody waits for it.
      void this.cancelListener.start();
      const workers = [...this.workers].map(async ([queue, worker]) => {
        await this.lease.known(queue);
        await this.startWorker(worker, paused.has(queue));
      });
      await Promise.all([known, ...workers]);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Stopping twice does no harm. */
  stop(): Promise<void> {
    this.stopped ??= this.stopOnce();
    return this.stopped;
  }

  /** A running job stops the workers, and most likely waits for it, so that they cannot wait for the job. */
  excuse(job: JobContext): void {
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
      const { queue, name, concurrency } = worker.handler;
      const { log, connections } = this.shared;
      log.info(
        `Serving "${queue}" (${name}, concurrency ${concurrency}) on ${connections.serverName}${isPaused ? ', once it is resumed' : ''}`,
      );
    }
  }

  private async stopOnce(): Promise<void> {
    this.isStopping = true;
    const outOfTime = new AbortController();
    // One or two for each queue.
    setMaxListeners(0, outOfTime.signal);
    const { connections, options } = this.shared;
    const { runtime } = connections;
    const timer = runtime.setTimeout(() => outOfTime.abort(), options.shutdownTimeout);
    const telling = runtime.setTimeout(() => this.tellWait(), TELL_WAIT_MS).unref();
    const over = new Map(
      await Promise.all(
        [...this.workers].map(
          async ([queue, worker]) => [queue, await worker.stop(outOfTime.signal)] as const,
        ),
      ),
    );
    runtime.clear(timer);
    runtime.clear(telling);
    this.cancelListener.close();
    const retired = this.lease.stop((queue) => over.get(queue) ?? false);
    // What fails leaves the lease to lapse by itself.
    await Promise.race([retired.catch(() => undefined), delay(runtime, LAST_WORD, { ref: true })]);
    for (const [queue, worker] of this.workers) {
      if (worker.isExcusing) {
        void this.retireLate(queue, worker);
      }
    }
  }

  /** Says what a stop that takes long waits for. */
  private tellWait(): void {
    const waits = [...this.workers.values()]
      .filter(({ busy }) => busy > 0)
      .map(({ busy, handler: { queue, name } }) => `${runs(busy)} of queue "${queue}" (${name})`);
    if (waits.length > 0) {
      const named = waits.slice(0, MOST_NAMED);
      const more = waits.length - named.length;
      const others = more > 0 ? ` and those of ${more} more queues` : '';
      this.shared.log.info(
        `Waiting for ${named.join(', ')}${others} to end, for the shutdownTimeout of ` +
          `${this.shared.options.shutdownTimeout} ms at most`,
      );
    }
  }

  /** Those that are looked after by others are forgotten when their last job is over. */
  private async retireLate(queue: string, worker: ReplyWorker): Promise<void> {
    await worker.over();
    await this.lease.retire([queue], () => true).catch(() => undefined);
  }
}

function leasedQueue(worker: ReplyWorker, parts: WorkerParts, standing: Standing): LeasedQueue {
  const { queue: name } = worker.handler;
  const recovery = new Recovery(worker.handler, parts, standing);
  return {
    name,
    keys: parts.keys.queue(name),
    slots: worker.slotKeys,
    standing,
    identity: () => worker.identity,
    onLapsed: (lapsed, now) => void recovery.sweep(lapsed, now),
  };
}
