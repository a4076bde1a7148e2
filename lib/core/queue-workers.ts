import { inspect, type InspectOptions } from 'node:util';
import type { Observable } from 'rxjs';
import type { KnownQueue } from '../client/calls/job-map.js';
import { shown } from '../errors/error-text.js';
import {
  DuplicateJobHandlerError,
  InvalidOptionError,
  WorkersClosedError,
} from '../errors/index.js';
import { aFunction, aName, checkOptions, expectedBy } from '../options/option-rules.js';
import { describeValue } from '../errors/value-text.js';
import type { WorkersHere } from '../errors/served-here.js';
import type { JobFailure } from '../worker/running/job-failure.js';
import type { ReplyWorkers } from '../worker/reply-workers.js';
import { StatusChanges } from '../worker/status-changes.js';
import type { JobHandler } from '../worker/worker-options.js';
import { keyOfStatus, type ReplyWorkersStatus } from '../worker/workers-status.js';
import type { Engine } from './engine.js';
import { finishWithin } from './fail-fast.js';
import { jobHandlerOf } from './job-handler.js';
import type { QueueHandler } from './queue-handler.js';
import { SERVE_RULES, type ServeOptions } from './serve-options.js';
import { workersHere } from './workers-here.js';
import { watchStart } from './workers-start.js';

/** States, the most important first: the state of all workers is the first of these that one of them has. */
const STATES_BY_PRIORITY = ['stopping', 'starting', 'running'] as const;

/** The worker of one queue, and the name of its handler. */
interface ServedQueue {
  readonly name: string;
  readonly workers: ReplyWorkers;
}

/**
 * The workers of this process without Nest: one for each queue that it serves. `createReqRep` makes the object. Each worker starts when
 * its queue is served.
 */
export class QueueWorkers {
  /**
   * The state of the workers. Emits {@link status} to each subscriber at once, then again after each change, within a second. Completes
   * when the workers are closed.
   */
  readonly status$: Observable<ReplyWorkersStatus>;
  /**
   * The errors of handlers, and of other code that runs with their jobs, for trackers of errors. Emits what happens after the
   * subscription. Completes when the workers are closed.
   */
  readonly failures$: Observable<JobFailure>;
  readonly #changes: StatusChanges;
  readonly #engine: Engine;
  readonly #served = new Map<string, ServedQueue>();
  #isClosed = false;

  /** Is private: take the workers of `createReqRep`. */
  private constructor(engine: Engine) {
    this.#engine = engine;
    this.#changes = new StatusChanges(engine.servers.runtime);
    this.status$ = this.#changes.follow(() => this.status, keyOfStatus);
    this.failures$ = engine.failures$;
  }

  /** @internal */
  static create(engine: Engine): QueueWorkers {
    return new QueueWorkers(engine);
  }

  /** The current state of the workers, and of each of their queues. */
  get status(): ReplyWorkersStatus {
    const each = this.#all.map(({ status }) => status);
    return {
      state:
        STATES_BY_PRIORITY.find((state) => each.some((status) => status.state === state)) ??
        'stopped',
      queues: each.flatMap(({ queues }) => queues),
    };
  }

  /** Returns the status: nothing secret. */
  toJSON(): ReplyWorkersStatus {
    return this.status;
  }

  /** @internal */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `QueueWorkers ${inspect(this.status, options)}`;
  }

  /**
   * Serves a queue: starts a worker that runs its jobs. The handler returns the reply: a value, a promise of a value, or a stream, which is
   * an Observable, an AsyncIterable or an iterator. The compiler checks the handler where the queue is in the `JobMap`.
   *
   * @param queue - The name that callers pass to `RequestClient.send`.
   * @param handler - Is called with the data of a job and its `JobContext`.
   * @param options - Options of the handler.
   * @returns A promise that resolves when Redis knows the worker and it takes jobs. Where Redis is unreachable or refuses the worker, it
   *   retries, for as long as `failFast` allows. Nobody has to wait for the promise.
   * @throws {@link InvalidOptionError} for a wrong name, handler or option.
   * @throws {@link DuplicateJobHandlerError} where this process serves the queue already.
   * @throws {@link ConnectionFailedError} where `failFast` is set and Redis cannot be used. The queue is not served then.
   * @throws {@link WorkersClosedError} after `close()`.
   * @example
   * ```ts
   * await workers.serve('reports', async ({ id }: { id: string }) => ({ text: `report ${id}` }), { concurrency: 8 });
   * ```
   */
  async serve<const Queue extends string, Data = unknown>(
    queue: Queue & KnownQueue<Queue>,
    handler: QueueHandler<Queue, Data>,
    options: ServeOptions = {},
  ): Promise<void> {
    check(queue, handler, options);
    this.#checkOpen();
    const name = nameOf(handler);
    const other = this.#served.get(queue);
    if (other) {
      throw new DuplicateJobHandlerError(queue, [other.name, name], 'another queue');
    }
    const handle = handler as JobHandler['handle'];
    const workers = this.#engine.createWorkers();
    workers.serve([jobHandlerOf({ queue, name, options, handle }, this.#engine.options)]);
    this.#served.set(queue, { name, workers });
    this.#changes.changed();
    try {
      await this.#start(workers);
    } catch (error) {
      this.#served.delete(queue);
      this.#engine.dropWorkers(workers);
      throw error;
    }
  }

  /**
   * Starts the workers that were stopped. Resolves when Redis knows them and they take jobs.
   *
   * @throws {@link ConnectionFailedError} where `failFast` is set and Redis cannot be used. The workers are stopped then.
   * @throws {@link WorkersClosedError} after `close()`.
   */
  async start(): Promise<void> {
    this.#checkOpen();
    const stopped = this.#all.filter(
      ({ status: { state } }) => state === 'stopped' || state === 'stopping',
    );
    await Promise.all(stopped.map((workers) => this.#start(workers)));
  }

  /**
   * Stops taking jobs and waits for running jobs, for `shutdownTimeout` ms at most. Unfinished jobs go back to the head of their queue.
   * A second call changes nothing.
   *
   * A job whose handler calls `stop()` is not waited for. If that job is cut off before its reply, that counts as a lost delivery.
   */
  async stop(): Promise<void> {
    await Promise.all(this.#all.map((workers) => workers.stop()));
    this.#changes.changed();
  }

  /**
   * Stops taking jobs from one queue until {@link resume}, also where the workers are stopped and started meanwhile. Running jobs go on.
   *
   * @param queue - The name of the queue.
   * @returns A promise that resolves when the worker starts no more jobs of the queue.
   * @throws {@link InvalidOptionError} for a queue that this process does not serve.
   */
  async pause(queue: string): Promise<void> {
    const paused = this.#of(queue).pause(queue);
    this.#changes.changed();
    await paused;
  }

  /**
   * Takes jobs from a paused queue again.
   *
   * @param queue - The name of the queue.
   * @throws {@link InvalidOptionError} for a queue that this process does not serve.
   */
  resume(queue: string): void {
    this.#of(queue).resume(queue);
    this.#changes.changed();
  }

  /** Stops the workers for good: none can be started any more. @internal */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#all.map((workers) => workers.close()));
    this.#changes.close();
  }

  /** @returns the state of the worker of this process on a queue, for errors. @internal */
  here(queue: string): WorkersHere {
    const served = this.#served.get(queue);
    const here = served && workersHere(served.workers, true, queue);
    return { served: 'elsewhere', ...here, isOfNest: false };
  }

  get #all(): ReplyWorkers[] {
    return [...this.#served.values()].map(({ workers }) => workers);
  }

  /**
   * Starts the workers of one queue, within `failFast` where it is set.
   * @throws the error that keeps the workers from starting, after they were stopped.
   */
  async #start(workers: ReplyWorkers): Promise<void> {
    const { servers, log, options } = this.#engine;
    const started = workers.start();
    try {
      if (options.failFast > 0) {
        const usable = Promise.all([servers.usable(), started]);
        const what = 'has not confirmed the first lease of the worker';
        await finishWithin(options.failFast, usable, servers, what);
      } else {
        await watchStart(started, { workers, servers, log });
        await started;
      }
    } catch (error) {
      await workers.stop();
      throw error;
    } finally {
      this.#changes.changed();
    }
  }

  #of(queue: string): ReplyWorkers {
    const served = this.#served.get(queue);
    if (!served) {
      const queues = [...this.#served.keys()].join(', ') || 'none';
      const expected = `a queue that this process serves (${queues})`;
      throw new InvalidOptionError('queue', expected, describeValue(queue));
    }
    return served.workers;
  }

  #checkOpen(): void {
    if (this.#isClosed) {
      throw new WorkersClosedError();
    }
  }
}

function check(queue: unknown, handler: unknown, options: ServeOptions): void {
  if (!aName.accepts(queue)) {
    const option = 'queue in a call to `workers.serve`';
    throw new InvalidOptionError(option, expectedBy(aName, queue), describeValue(queue));
  }
  const where = `workers.serve(${JSON.stringify(queue)})`;
  if (!aFunction.accepts(handler)) {
    throw new InvalidOptionError(`the handler in ${where}`, 'a function', describeValue(handler));
  }
  checkOptions(options, SERVE_RULES, where);
}

/** Names a handler in logs and errors. */
const nameOf = ({ name }: Function): string =>
  typeof name === 'string' && name !== '' ? shown(name) : 'an unnamed function';
