import { AsyncResource } from 'node:async_hooks';
import { inspect, type InspectOptions } from 'node:util';
import { InvalidOptionError, WorkersClosedError } from '../errors/index.js';
import { describeValue } from '../errors/value-text.js';
import { OutageHistory } from './liveness/outage-history.js';
import { WorkerSession } from './worker-session.js';
import type { JobHandler, SessionParts } from './worker-options.js';

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
  /**
   * What Redis refuses to the worker, such as a command that its user may not run, so that it takes no jobs at the moment;
   * `undefined` while nothing is refused. It goes on trying.
   */
  readonly refusal: string | undefined;
}

/**
 * All reply workers of this process: one for each queue that has a handler. `ReqRepModule` starts them with the
 * application and stops them before it, unless told `workers: 'manual'`; inject it to do so by hand.
 */
export class ReplyWorkers {
  readonly #parts: Omit<SessionParts, 'scope'>;
  #state: ReplyWorkersStatus['state'] = 'stopped';
  #started: WorkerSession | undefined;
  #stopped: Promise<void> | undefined;
  #handlers: readonly JobHandler[] = [];
  #isServing = false;
  #wasStarted = false;
  #isClosed = false;
  readonly #paused = new Set<string>();
  readonly #scope = new AsyncResource('ReqRepWorkers');
  /** Kept from one start to the next: a trouble is not over because the workers were started anew. */
  readonly #outages = new Map<string, OutageHistory>();

  private constructor(parts: Omit<SessionParts, 'scope'>) {
    this.#parts = parts;
  }

  /** @internal */
  static create(parts: Omit<SessionParts, 'scope'>): ReplyWorkers {
    return new ReplyWorkers(parts);
  }

  /** What it does now. */
  get status(): ReplyWorkersStatus {
    return {
      state: this.#state,
      queues: this.#handlers.map(({ queue, name, concurrency }) => ({
        queue,
        handler: name,
        concurrency,
        busy: this.#started?.of(queue)?.busy ?? 0,
        isPaused: this.#paused.has(queue),
        refusal: this.#started?.refusalOf(queue),
      })),
    };
  }

  /** What may be printed of it: the connections know the password of Redis. */
  toJSON(): ReplyWorkersStatus {
    return this.status;
  }

  /** @internal */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `ReplyWorkers ${inspect(this.status, options)}`;
  }

  /** The handlers that were discovered. @internal */
  serve(handlers: readonly JobHandler[]): void {
    this.#handlers = handlers;
    this.#isServing = true;
  }

  /** Whether its handlers are known. @internal */
  get isServing(): boolean {
    return this.#isServing;
  }

  /** Whether its workers were ever started. @internal */
  get wasStarted(): boolean {
    return this.#wasStarted;
  }

  /**
   * Resolves when Redis knows the workers and they take jobs; tries for as long as Redis is away or refuses it.
   * @throws WorkersClosedError when the application is closed.
   */
  async start(): Promise<void> {
    if (this.#isClosed) {
      throw new WorkersClosedError();
    }
    // Not otherwise: a stop that follows at once has to find what was started.
    if (this.#stopped) {
      await this.#stopped;
    }
    if (this.#started || this.#isClosed || this.#handlers.length === 0) {
      return;
    }
    const started = new WorkerSession(
      this.#handlers,
      { ...this.#parts, scope: this.#scope },
      (queue) => this.#outagesOf(queue),
    );
    this.#started = started;
    this.#wasStarted = true;
    this.#state = 'starting';
    try {
      await this.#scope.runInAsyncScope(started.start, started, this.#paused);
      if (this.#isStarting(started)) {
        this.#state = 'running';
      }
    } catch (error) {
      if (this.#isStarting(started)) {
        this.#started = undefined;
        this.#state = 'stopped';
        throw error;
      }
      // Else they were stopped, and the connections closed, before Redis ever answered.
    }
  }

  /**
   * Takes no more jobs from one queue until {@link resume}, also if the workers are started anew meanwhile. Those
   * that run go on. Resolves when no job will be started any more.
   * @throws InvalidOptionError for a queue that this process does not serve.
   */
  async pause(queue: string): Promise<void> {
    this.#check(queue);
    this.#paused.add(queue);
    await this.#started?.of(queue)?.pause();
  }

  /**
   * Takes jobs from a paused queue again.
   * @throws InvalidOptionError for a queue that this process does not serve.
   */
  resume(queue: string): void {
    this.#check(queue);
    this.#paused.delete(queue);
    this.#started?.of(queue)?.resume();
  }

  /**
   * Takes no more jobs and waits for those that run, `shutdownTimeout` ms at the most; what is left then goes back
   * to the head of its queue. Stopping twice does no harm. A job that stops the workers itself is not waited for: when it
   * is cut off before it has replied, it counts as lost with its worker.
   */
  stop(): Promise<void> {
    const started = this.#started;
    if (!started) {
      return Promise.resolve();
    }
    const job = this.#parts.options.currentJob?.();
    if (job) {
      started.excuse(job);
    }
    this.#stopped ??= this.#stopThese(started).finally(() => {
      this.#stopped = undefined;
    });
    return this.#stopped;
  }

  /** Stops for good: none can be started any more. @internal */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.stop();
  }

  async #stopThese(started: WorkerSession): Promise<void> {
    this.#state = 'stopping';
    await started.stop();
    this.#started = undefined;
    this.#state = 'stopped';
  }

  #check(queue: string): void {
    const queues = this.#handlers.map((handler) => handler.queue);
    if (!queues.includes(queue)) {
      const expected = `a queue that this process serves (${queues.join(', ') || 'it serves none'})`;
      throw new InvalidOptionError('queue', expected, describeValue(queue));
    }
  }

  #outagesOf(queue: string): OutageHistory {
    const outages = this.#outages.get(queue) ?? new OutageHistory(this.#parts.options.lease);
    this.#outages.set(queue, outages);
    return outages;
  }

  /** Whether these are still being started: they may be stopped, and others started, meanwhile. */
  #isStarting(started: WorkerSession): boolean {
    return this.#started === started && this.#state === 'starting';
  }
}
