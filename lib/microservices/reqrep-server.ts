import {
  Server,
  type CustomTransportStrategy,
  type MessageHandler,
  type MsPattern,
  type Transport,
} from '@nestjs/microservices';
import { isObservable, Subject, type Observable } from 'rxjs';
import { ApplicationCode } from '../client/calls/application-code.js';
import { connectionStatus } from '../client/connection-status.js';
import { jobHandlerOf } from '../core/job-handler.js';
import type { ResolvedOptions } from '../core/resolve-options.js';
import { nestLog } from '../nest/nest-log.js';
import type { Log } from '../telemetry/log.js';
import type { JobFailure } from '../worker/running/job-failure.js';
import type { RunContext } from '../worker/running/run-context.js';
import type { ReplyWorkers } from '../worker/reply-workers.js';
import { WorkersClosedError } from '../errors/index.js';
import { callHandlers } from './call-handlers.js';
import type { ReqRepServerEvents } from './events.js';
import { oneOrMany } from './one-or-many.js';
import { openListening, type Listening } from './listening.js';
import { resolveQueueOptions } from './open-engine.js';
import { QueuesOfHandlers, type PatternHandlers } from './pattern-handlers.js';
import { patternIn } from './pattern-header.js';
import { ReqRepContext } from './reqrep-context.js';
import type { ReqRepServerOptions } from './server-options.js';
import { REQREP_TRANSPORT } from './transport-id.js';
import { StatusChanges } from './status-changes.js';
import type { ReqRepTransportStatus } from './transport-status.js';
import { unknownPattern } from './unknown-pattern.js';
import { withinHooks } from './within-hooks.js';

/** Names the connections and the log of servers. */
const NAME = 'microservice';

/**
 * Serves the `@MessagePattern` and `@EventPattern` handlers of an application of Nest: one of the processes that serve a queue gets a message,
 * and it waits in the queue until one has room.
 *
 * @example
 * ```ts
 * const app = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, {
 *   strategy: new ReqRepServer({ connection: 'redis://localhost:6379', queue: 'orders' }),
 * });
 * await app.listen();
 * ```
 */
export class ReqRepServer
  extends Server<ReqRepServerEvents, ReqRepTransportStatus>
  implements CustomTransportStrategy
{
  /** Identifies the transport: {@link REQREP_TRANSPORT}, unless `setTransportId` sets another one. */
  override transportId: Transport | symbol = REQREP_TRANSPORT;
  readonly #options: ResolvedOptions;
  readonly #queues: QueuesOfHandlers;
  readonly #log: Log = nestLog(NAME);
  readonly #code = new ApplicationCode(this.#log);
  readonly #changes = new StatusChanges(this.#code);
  readonly #failures = new Subject<JobFailure>();
  #listening: Listening | undefined;
  #isHeld = false;
  #isClosed = false;

  /**
   * Makes a server. Nothing connects to Redis before `listen`.
   *
   * @param options - Options of the server.
   * @throws `InvalidOptionError` for a wrong option.
   */
  constructor(options: ReqRepServerOptions) {
    super();
    this.#options = resolveQueueOptions(options, 'the options of ReqRepServer');
    this.#queues = new QueuesOfHandlers(options.queue);
    // Tells Nest 12 not to log the failures of event handlers: they are in the log of the library. The types of Nest 11 have no such property.
    Object.assign(this, { propagatesEventHandlerErrors: true });
  }

  /** The states of the connections to Redis: the present one, then each change. */
  override get status(): Observable<ReqRepTransportStatus> {
    return this.#changes.status;
  }

  /**
   * Adds a handler. Is called by Nest.
   *
   * @throws `InvalidOptionError` for wrong extras.
   */
  override addHandler(
    pattern: unknown,
    callback: MessageHandler,
    isEventHandler = false,
    extras: Record<string, unknown> = {},
  ): void {
    const route = this.normalizePattern(pattern as MsPattern);
    // Nest chains the handlers of one event, so that the first would call the others; here each is called on its own.
    const handler: MessageHandler = Object.assign(callback, { isEventHandler, extras });
    this.#queues.add(route, handler);
    if (!isEventHandler || !this.messageHandlers.has(route)) {
      this.messageHandlers.set(route, handler);
    }
  }

  /**
   * Starts to serve the queues. Is called by Nest; a second call changes nothing.
   *
   * @param callback - Is called when Redis knows the workers, or cannot be reached: they start as soon as it can. With `failFast` it is
   *   called with the error then.
   */
  override async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      await this.#listen();
    } catch (error) {
      callback(error);
      return;
    }
    callback();
  }

  /**
   * Stops taking jobs, waits for running ones, for `shutdownTimeout` ms at most, and closes the connections. Jobs that are left go back to
   * their queue. Is called by Nest; a second call changes nothing.
   */
  override async close(): Promise<void> {
    this.#isClosed = true;
    await this.#listening?.close();
    this.#failures.complete();
  }

  /** Lets messages wait until {@link release}, also where the server listens. @internal */
  hold(): void {
    this.#isHeld = true;
  }

  /** Serves the queues, where the server listens and was held. Rejects where `listen` would have failed. @internal */
  async release(): Promise<void> {
    if (!this.#isHeld) {
      return;
    }
    this.#isHeld = false;
    // A signal may close an application while it starts.
    if (!this.#isClosed) {
      await this.#start();
    }
  }

  /**
   * Listens to an event: a change of the {@link status}, or a `failure` of a handler.
   *
   * @param event - The name of the event.
   * @param callback - Is called with each event, and at once with the present state.
   */
  override on<EventKey extends keyof ReqRepServerEvents>(
    event: EventKey,
    callback: ReqRepServerEvents[EventKey],
  ): void {
    const call = callback as (failure?: JobFailure) => void;
    if (event === 'failure') {
      this.#failures.subscribe((failure) =>
        this.#code.run('A listener of "failure"', () => call(failure)),
      );
    } else {
      this.#changes.on(event, call);
    }
  }

  /**
   * Returns the `ReplyWorkers` that serve the queues.
   *
   * @throws Error before `listen`.
   */
  override unwrap<T = ReplyWorkers>(): T {
    if (!this.#listening) {
      throw new Error(
        'ReqRepServer has no workers before `listen` or `startAllMicroservices` is called',
      );
    }
    return this.#listening.workers as T;
  }

  async #listen(): Promise<void> {
    if (this.#isClosed) {
      throw new WorkersClosedError();
    }
    if (this.#listening) {
      return;
    }
    this.#listening = this.#open();
    if (this.#isHeld) {
      this.#log.info('Messages wait until the application has started, by `init` or `listen`');
    } else {
      await this.#start();
    }
  }

  #open(): Listening {
    const handlers = this.#queues.all.map((each) => this.#jobHandlerOf(each));
    const listening = openListening(NAME, this.#options, handlers, this.#log);
    listening.failures$.subscribe((failure) => this.#failures.next(failure));
    this.#changes.follow(connectionStatus(listening.shards, this.#code));
    return listening;
  }

  async #start(): Promise<void> {
    try {
      await this.#listening?.start();
    } catch (error) {
      this.#listening = undefined;
      throw error;
    }
  }

  #jobHandlerOf(handlers: PatternHandlers) {
    const { queue, names, options } = handlers;
    const handle = (data: unknown, job: RunContext): unknown => this.#handle(handlers, data, job);
    return jobHandlerOf({ queue, name: names, options, handle }, this.#options);
  }

  #handle(handlers: PatternHandlers, data: unknown, job: RunContext): Promise<unknown> {
    const pattern = patternIn(job.headers);
    const found = pattern === undefined ? [] : this.#find(handlers, pattern, job.isAwaited);
    if (pattern === undefined || found.length === 0) {
      throw unknownPattern(pattern, handlers, job, this.#log);
    }
    const context = new ReqRepContext([job, pattern]);
    const hooks = {
      start: this.onProcessingStartHook,
      end: this.onProcessingEndHook,
      transportId: this.transportId,
      code: this.#code,
    };
    return withinHooks(hooks, context, job, () => callHandlers(found, { data, context, job })).then(
      (result) => (isObservable(result) ? oneOrMany(result, job) : result),
    );
  }

  /** Finds the handlers by the pattern as it came, or else as Nest writes it. */
  #find(handlers: PatternHandlers, pattern: string, isRequest: boolean): readonly MessageHandler[] {
    const found = handlers.of(pattern, isRequest);
    return found.length > 0 ? found : handlers.of(this.getRouteFromPattern(pattern), isRequest);
  }
}
