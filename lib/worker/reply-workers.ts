import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { InvalidOptionError } from '../errors/index.js';
import { describeValue } from '../errors/option-rules.js';
import { Lease, type LeasedQueue } from './lease.js';
import { Recovery } from './recovery.js';
import { CancelListener } from './cancel-listener.js';
import { ReplyWorker } from './reply-worker.js';
import type { JobHandler, WorkerParts } from './worker-options.js';

/** What the workers of one process do at a moment. */
export interface ReplyWorkersStatus {
  /** `starting` lasts until Redis knows the workers, for as long as it is away. */
  readonly state: 'stopped' | 'starting' | 'running' | 'stopping';
  /** Each queue that this process serves. */
  readonly queues: readonly QueueStatus[];
}

export interface QueueStatus {
  readonly queue: string;
  /** The handler, as `Class#method`. */
  readonly handler: string;
  /** How many jobs it may run at a time. */
  readonly concurrency: number;
  /** How many it runs now. */
  readonly busy: number;
  /** Whether it was paused. */
  readonly isPaused: boolean;
}

/** How long stopping workers wait for Redis, ms. */
const LAST_WORD = 500;

/**
 * All reply workers of this process: one for each queue that has a handler. `ReqRepModule` starts them with the
 * application and stops them before it, unless told `workers: 'manual'`; inject it to do so by hand.
 */
export class ReplyWorkers {
  private state: ReplyWorkersStatus['state'] = 'stopped';
  private workers: readonly ReplyWorker[] = [];
  private lease: Lease | undefined;
  private cancelListener: CancelListener | undefined;
  private stopped: Promise<void> | undefined;
  private handlers: readonly JobHandler[] = [];
  private readonly paused = new Set<string>();

  /** Made by `ReqRepModule`; inject it. @internal */
  constructor(private readonly parts: Omit<WorkerParts, 'workerId'>) {}

  /** What it does now. */
  get status(): ReplyWorkersStatus {
    return {
      state: this.state,
      queues: this.handlers.map(({ queue, name, concurrency }) => ({
        queue,
        handler: name,
        concurrency,
        busy: this.workerOf(queue)?.busy ?? 0,
        isPaused: this.paused.has(queue),
      })),
    };
  }

  /** The handlers that were discovered. @internal */
  serve(handlers: readonly JobHandler[]): void {
    this.handlers = handlers;
  }

  /** Resolves when Redis knows the workers and they take jobs; waits while Redis is away. */
  async start(): Promise<void> {
    await this.stopped;
    if (this.state !== 'stopped' || this.handlers.length === 0) {
      return;
    }
    this.state = 'starting';
    const parts = { ...this.parts, workerId: randomUUID() };
    const workers = this.handlers.map(
      (handler) =>
        new ReplyWorker(handler, parts, {
          renew: () => lease.renew(),
          isUpToDate: () => lease.isUpToDate,
        }),
    );
    const lease: Lease = this.leaseOf(workers, parts);
    try {
      await lease.start();
    } catch (error) {
      if (!this.isStarting()) {
        return; // stopped, and closed, before Redis ever answered
      }
      this.state = 'stopped';
      throw error;
    }
    if (!this.isStarting()) {
      await lease.stop();
      return;
    }
    this.lease = lease;
    this.workers = workers;
    this.cancelListener = new CancelListener(workers, this.parts);
    await this.cancelListener.start();
    if (!this.isStarting()) {
      return; // stopped meanwhile
    }
    await Promise.all(
      workers.map(async (worker) => {
        if (this.paused.has(worker.handler.queue)) {
          await worker.pause();
        }
        worker.start();
      }),
    );
    this.state = 'running';
  }

  /**
   * Takes no more jobs from one queue until {@link resume}, also if the workers are started anew meanwhile. Those
   * that run go on. Resolves when no job will be started any more.
   * @throws InvalidOptionError for a queue that this process does not serve.
   */
  async pause(queue: string): Promise<void> {
    this.check(queue);
    this.paused.add(queue);
    await this.workerOf(queue)?.pause();
  }

  /**
   * Takes jobs from a paused queue again.
   * @throws InvalidOptionError for a queue that this process does not serve.
   */
  resume(queue: string): void {
    this.check(queue);
    this.paused.delete(queue);
    this.workerOf(queue)?.resume();
  }

  /**
   * Takes no more jobs and waits for those that run, `shutdownTimeout` ms at the most; what is left then goes back
   * to the head of its queue. Stopping twice does no harm.
   */
  stop(): Promise<void> {
    if (this.state === 'stopped') {
      return Promise.resolve();
    }
    this.stopped ??= this.stopAll().finally(() => {
      this.stopped = undefined;
    });
    return this.stopped;
  }

  private async stopAll(): Promise<void> {
    this.state = 'stopping';
    const outOfTime = new AbortController();
    const timer = setTimeout(() => outOfTime.abort(), this.parts.options.shutdownTimeout);
    await Promise.all(this.workers.map((worker) => worker.stop(outOfTime.signal)));
    clearTimeout(timer);
    this.cancelListener?.close();
    await Promise.race([this.lease?.stop(), delay(LAST_WORD)]);
    this.lease = undefined;
    this.workers = [];
    this.state = 'stopped';
  }

  private leaseOf(workers: readonly ReplyWorker[], parts: WorkerParts): Lease {
    const { workerId, options, connections, keys, log } = parts;
    const said = new Set<string>();
    const warnOnce = (text: string): void => {
      if (!said.has(text)) {
        said.add(text);
        log.warn(text);
      }
    };
    const queues = workers.map((worker): LeasedQueue => {
      const recovery = new Recovery(worker.handler, parts, warnOnce);
      return {
        keys: keys.queue(worker.handler.queue),
        slots: worker.slotCount,
        identity: () => worker.identity,
        onLapsed: (workerIds) => void recovery.sweep(workerIds),
      };
    });
    return new Lease(workerId, options.lease, queues, connections);
  }

  private workerOf(queue: string): ReplyWorker | undefined {
    return this.workers.find(({ handler }) => handler.queue === queue);
  }

  private check(queue: string): void {
    const queues = this.handlers.map((handler) => handler.queue);
    if (!queues.includes(queue)) {
      const expected = `a queue that this process serves (${queues.join(', ') || 'it serves none'})`;
      throw new InvalidOptionError('queue', expected, describeValue(queue));
    }
  }

  /** By a method, since the state may change while `start` waits. */
  private isStarting(): boolean {
    return this.state === 'starting';
  }
}
