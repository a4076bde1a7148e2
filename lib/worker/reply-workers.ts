import { AsyncResource } from 'node:async_hooks';
import { inspect, type InspectOptions } from 'node:util';
import type { Observable } from 'rxjs';
import { InvalidOptionError, WorkersClosedError } from '../errors/index.js';
import { describeValue } from '../errors/value-text.js';
import { OutageHistory } from './liveness/outage-history.js';
import type { Shard } from '../driver/shard.js';
import type { JobFailure } from './running/job-failure.js';
import type { ReplyWorker } from './reply-worker.js';
import { StatusChanges } from './status-changes.js';
import { WorkerSession } from './worker-session.js';
import type { JobHandler, SessionParts } from './worker-options.js';
import { keyOfStatus, type ReplyWorkersStatus } from './workers-status.js';

/**
 * The workers of one instance of `ReqRepModule` in this process: one for each queue that has a handler.
 *
 * The module starts them when every other module is up, and stops them before any other module closes. With `workers: 'manual'` the
 * application starts them.
 *
 * @example
 * ```ts
 * constructor(private readonly workers: ReplyWorkers) {}
 *
 * async onMigrationsDone(): Promise<void> {
 *   await this.workers.start();
 * }
 * ```
 */
export class ReplyWorkers {
  /**
   * The state of the workers. Emits {@link status} to each subscriber at once, then again after each change: of a start, a stop or a pause at
   * once, of `busy` and `refusal` within a second. Completes when the application is closed.
   */
  readonly status$: Observable<ReplyWorkersStatus>;
  /**
   * The errors of handlers, and of other code that runs with their jobs, for trackers of errors. Emits what happens after the
   * subscription. Completes when the application is closed.
   *
   * @example
   * ```ts
   * workers.failures$.subscribe(({ queue, id, error, isExpected }) => {
   *   if (!isExpected) tracker.report(error, { queue, id });
   * });
   * ```
   */
  readonly failures$: Observable<JobFailure>;
  readonly #changes: StatusChanges;
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
  /** By the key of the waiting jobs. Kept from one start to the next: a trouble is not over because the workers were started anew. */
  readonly #outages = new Map<string, OutageHistory>();

  /** Is private: inject the workers that `ReqRepModule` provides. */
  private constructor(parts: Omit<SessionParts, 'scope'>) {
    this.#parts = parts;
    this.#changes = new StatusChanges(parts.shards.runtime);
    this.status$ = this.#changes.follow(() => this.status, keyOfStatus);
    this.failures$ = parts.failures.failures$;
  }

  /** @internal */
  static create(parts: Omit<SessionParts, 'scope'>): ReplyWorkers {
    return new ReplyWorkers(parts);
  }

  /** The current state of the workers, and of each of their queues. */
  get status(): ReplyWorkersStatus {
    return {
      state: this.#state,
      queues: this.#handlers.map(({ queue, name, concurrency }) => ({
        queue,
        handler: name,
        concurrency,
        busy: this.#workersOf(queue).reduce((sum, { busy }) => sum + busy, 0),
        isPaused:
          this.#paused.has(queue) || this.#workersOf(queue).some(({ isPaused }) => isPaused),
        refusal: this.#started?.refusalOf(queue),
        leaseAge: this.#started?.leaseAgeOf(queue),
      })),
    };
  }

  /** Returns the status: nothing secret, such as the password of Redis. */
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

  /** Whether the handlers are known. @internal */
  get isServing(): boolean {
    return this.#isServing;
  }

  /** Whether the workers were ever started. @internal */
  get wasStarted(): boolean {
    return this.#wasStarted;
  }

  /**
   * Starts the workers. Resolves when Redis knows them and they take jobs. Where Redis is unreachable or refuses them, they try again.
   *
   * @throws {@link WorkersClosedError} after the application was closed.
   */
  async start(): Promise<void> {
    if (this.#isClosed) {
      throw new WorkersClosedError();
    }
    // Awaited only after a stop: a stop that follows this call at once must find the workers started.
    if (this.#stopped) {
      await this.#stopped;
    }
    if (this.#started || this.#isClosed || this.#handlers.length === 0) {
      return;
    }
    const started = this.#scope.runInAsyncScope(() => this.#newSession());
    this.#started = started;
    this.#wasStarted = true;
    this.#become('starting');
    try {
      await this.#scope.runInAsyncScope(started.start, started, this.#paused);
      if (this.#isStarting(started)) {
        this.#become('running');
      }
    } catch (error) {
      if (this.#isStarting(started)) {
        this.#started = undefined;
        this.#become('stopped');
        throw error;
      }
      // Else they were stopped, and the connections closed, before Redis ever answered.
    }
  }

  /**
   * Stops taking jobs from one queue until {@link resume}, also where the workers are stopped and started meanwhile. Running jobs go on.
   *
   * @param queue - The name of the queue.
   * @returns A promise that resolves when the worker starts no more jobs of the queue.
   * @throws {@link InvalidOptionError} for a queue that this process does not serve.
   */
  async pause(queue: string): Promise<void> {
    this.#check(queue);
    this.#paused.add(queue);
    this.#changes.changed();
    await this.#scope.runInAsyncScope(() =>
      Promise.all(this.#workersOf(queue).map((worker) => worker.pause())),
    );
  }

  /**
   * Takes jobs from a paused queue again.
   *
   * @param queue - The name of the queue.
   * @throws {@link InvalidOptionError} for a queue that this process does not serve.
   */
  resume(queue: string): void {
    this.#check(queue);
    this.#paused.delete(queue);
    this.#changes.changed();
    this.#scope.runInAsyncScope(() => this.#workersOf(queue).forEach((worker) => worker.resume()));
  }

  /**
   * Stops taking jobs and waits for running ones, for `shutdownTimeout` ms at most. Jobs that are left go back to the head of their queue.
   * A second call changes nothing.
   *
   * A job that calls it is not waited for. When the job is cut off before its reply, that counts as a lost delivery.
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
  async close(): Promise<void> {
    this.#isClosed = true;
    try {
      await this.stop();
    } finally {
      this.#changes.close();
    }
  }

  async #stopThese(started: WorkerSession): Promise<void> {
    this.#become('stopping');
    await this.#scope.runInAsyncScope(started.stop, started);
    this.#started = undefined;
    this.#become('stopped');
  }

  #newSession(): WorkerSession {
    const parts = { ...this.#parts, scope: this.#scope };
    return new WorkerSession(this.#handlers, parts, (queue, shard) =>
      this.#outagesOf(queue, shard),
    );
  }

  #become(state: ReplyWorkersStatus['state']): void {
    this.#state = state;
    this.#changes.changed();
  }

  #check(queue: string): void {
    const queues = this.#handlers.map((handler) => handler.queue);
    if (!queues.includes(queue)) {
      const expected = `a queue that this process serves (${queues.join(', ') || 'none'})`;
      throw new InvalidOptionError('queue', expected, describeValue(queue));
    }
  }

  #workersOf(queue: string): readonly ReplyWorker[] {
    return this.#started?.of(queue) ?? [];
  }

  #outagesOf(queue: string, { keys }: Shard): OutageHistory {
    const { requests } = keys.queue(queue);
    const outages = this.#outages.get(requests) ?? new OutageHistory(this.#parts.options.lease);
    this.#outages.set(requests, outages);
    return outages;
  }

  /** Whether a session is still being started: it may be stopped, and another one started, meanwhile. */
  #isStarting(started: WorkerSession): boolean {
    return this.#started === started && this.#state === 'starting';
  }
}
