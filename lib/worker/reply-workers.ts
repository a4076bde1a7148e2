import { randomUUID } from 'node:crypto';
import { Lease } from './lease.js';
import { ReplyWorker, type WorkerParts } from './reply-worker.js';
import type { JobHandler } from './worker-options.js';

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
}

/**
 * All reply workers of this process: one for each queue that has a handler. `ReqRepModule` starts them with the
 * application and stops them before it, unless told `workers: 'manual'`; inject it to do so by hand.
 */
export class ReplyWorkers {
  private state: ReplyWorkersStatus['state'] = 'stopped';
  private workers: readonly ReplyWorker[] = [];
  private lease: Lease | undefined;
  private stopped: Promise<void> | undefined;
  private handlers: readonly JobHandler[] = [];

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
        busy: this.workers.find(({ handler }) => handler.queue === queue)?.busy ?? 0,
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
    const { connections, keys, options } = this.parts;
    const workerId = randomUUID();
    const queues = this.handlers.map(({ queue, concurrency }) => ({
      keys: keys.queue(queue),
      slots: concurrency,
    }));
    const lease = new Lease(workerId, options.lease, queues, connections);
    this.lease = lease;
    try {
      await lease.start();
    } catch (error) {
      if (this.isStarting()) {
        this.state = 'stopped';
      }
      throw error;
    }
    if (!this.isStarting()) {
      await lease.stop();
      return;
    }
    this.workers = this.handlers.map(
      (handler) => new ReplyWorker(handler, { ...this.parts, workerId }),
    );
    for (const worker of this.workers) {
      worker.start();
    }
    this.state = 'running';
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
    await this.lease?.stop();
    this.workers = [];
    this.state = 'stopped';
  }

  /** By a method, since the state may change while `start` waits. */
  private isStarting(): boolean {
    return this.state === 'starting';
  }
}
