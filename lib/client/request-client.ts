import { AsyncResource } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { Observable, type Subscriber, type Unsubscribable } from 'rxjs';
import {
  ClientClosedError,
  InvalidOptionError,
  PendingLimitError,
  RequestTimeoutError,
  type TimeLimit,
} from '../errors/index.js';
import { describeValue } from '../errors/option-rules.js';
import type { Log } from '../observability/log.js';
import type { Keys } from '../protocol/keys.js';
import type { ConnectionState } from '../redis/connection.js';
import type { Connections } from '../redis/connections.js';
import { AbortListeners } from './abort-listeners.js';
import {
  checkEmitOptions,
  checkSendOptions,
  NO_OPTIONS,
  type EmitOptions,
  type SendOptions,
} from './call-options.js';
import type { ClientOptions, ParentJob } from './client-options.js';
import { limitsOf, signalsOf, withInheritedHeaders, type RequestLimits } from './inheritance.js';
import type {
  EmitCall,
  FreeQueue,
  MappedQueue,
  NotGiven,
  ReplyOf,
  Retyped,
  RetypedQueue,
  SendCall,
} from './job-map.js';
import { JobCanceller } from './job-canceller.js';
import { OriginalReplyListener } from './original-reply-listener.js';
import { OutgoingJob, type JobSender } from './outgoing-job.js';
import { PendingEmit } from './pending-emit.js';
import { PendingRequest, type RequestOwner } from './pending-request.js';
import { PendingRequests } from './pending-requests.js';
import { PushBatcher } from './push-batcher.js';
import type { PushReceipt } from './push-receipt.js';
import { QueueInspector } from './queue-inspector.js';
import { QueuePruner } from './queue-pruner.js';
import { ReplyListener } from './reply-listener.js';

/** Random bytes in the id of a client: enough that no two ever have the same. */
const ID_BYTES = 9;

/** What a client is made of. @internal */
export interface ClientParts {
  readonly connections: Connections;
  readonly keys: Keys;
  readonly log: Log;
  readonly options: ClientOptions;
}

/**
 * Sends requests to the workers of a queue, in whatever process they run, and hands back their replies.
 *
 * @example
 * ```ts
 * constructor(private readonly requests: RequestClient) {}
 *
 * render(id: string): Observable<Report> {
 *   return this.requests.send<Report>('reports', { id }, { timeout: 5_000 });
 * }
 * ```
 */
export class RequestClient {
  private readonly id = randomBytes(ID_BYTES).toString('base64url');
  private jobCount = 0;
  private readonly usualLimits: RequestLimits;
  private readonly pendingRequests: PendingRequests;
  private readonly batcher: PushBatcher;
  private readonly inspector: QueueInspector;
  private readonly pruner: QueuePruner;
  private readonly canceller: JobCanceller;
  private readonly listener: ReplyListener;
  private readonly originalListener: OriginalReplyListener;
  private pendingEmits = 0;
  private readonly abortListeners = new AbortListeners();
  /** What lives longer than a call shall not live in the async context of the first. */
  private readonly scope = new AsyncResource('ReqRepClient');
  private isClosed = false;
  private readonly requestOwner: RequestOwner = {
    givenUp: (request) => this.giveUp(request),
    timedOut: (request, limit) => void this.timedOut(request, limit),
  };

  /** Made by `ReqRepModule`; inject it. @internal */
  constructor(private readonly parts: ClientParts) {
    const { connections, keys, log, options } = parts;
    this.usualLimits = { timeout: options.timeout, idleTimeout: 0, isInherited: false };
    this.pendingRequests = new PendingRequests(options.timeout, this.requestOwner, this.scope);
    this.canceller = new JobCanceller(connections, keys);
    this.batcher = new PushBatcher(
      connections,
      keys,
      (queue) => new ClientClosedError(queue),
      ({ sender }) => this.canceller.cancel(sender),
    );
    this.inspector = new QueueInspector(connections, keys);
    this.pruner = new QueuePruner(connections, keys);
    this.listener = new ReplyListener(
      connections,
      keys.replies(this.id),
      this.pendingRequests,
      log,
      options.reviveError,
    );
    this.originalListener = new OriginalReplyListener(connections, keys, log);
  }

  /** How many requests wait for an end. */
  get pending(): number {
    return this.pendingRequests.size;
  }

  /** How many replies came that nobody waited for any more: late, cancelled or second ones. */
  get droppedReplies(): number {
    return this.listener.dropped;
  }

  /**
   * The state of the connections to Redis: the present one at once, then each change; completes when they are
   * closed. `ready` means that all of them are.
   */
  readonly status$: Observable<ConnectionState> = new Observable((subscriber) => {
    const { connections } = this.parts;
    let told: ConnectionState | undefined;
    const tell = (state: ConnectionState): void => {
      if (state === told) {
        return;
      }
      told = state;
      subscriber.next(state);
      if (state === 'closed') {
        subscriber.complete();
      }
    };
    tell(connections.state);
    return connections.onState(tell);
  });

  /**
   * Asks the workers of a queue. The Observable is cold: each subscription is one job. It emits what the handler
   * returns (once, also for `undefined`; each value of a stream) and completes, or ends with the first of its
   * errors. Unsubscribing before the end cancels the job wherever it is: it never leaves, is dropped unrun, or the
   * `job.signal` of its handler aborts. Inside a handler, a request ends with the handler's job: it inherits what is
   * left of its deadline, its cancellation and the headers named in `inheritedHeaders`.
   *
   * @param queue - the name under which a handler is registered with `@OnJob`.
   * @param data - anything that JSON can write; `undefined` arrives as `null`.
   * @returns an Observable that ends with
   * - {@link RequestTimeoutError} when no end comes within `timeout`, or no value within `idleTimeout`
   * - `RemoteError` when the handler throws, or an `HttpException` when it throws one
   * - `WorkerLostError` when the job's workers died and its deliveries are used up, or its stream broke
   * - `NoWorkersError`, `QueueFullError` when the call's conditions are not met
   * - {@link PendingLimitError}, `PayloadTooLargeError`, `SerializationError`, `PushFailedError` when the
   *   job cannot be sent
   * - {@link ClientClosedError} when the client is closed
   * - {@link InvalidOptionError} for a wrong option
   * - the signal's reason when `signal`, or that of the handler's job, aborts
   */
  send<Reply = NotGiven>(
    queue: RetypedQueue<Reply>,
    data?: unknown,
    options?: SendOptions,
  ): Retyped<Reply>;
  send<Reply = unknown, Queue extends string = string>(
    queue: Queue & FreeQueue<Queue>,
    data?: unknown,
    options?: SendOptions,
  ): Observable<Reply>;
  send<Queue extends MappedQueue>(
    queue: Queue,
    ...call: SendCall<Queue>
  ): Observable<ReplyOf<Queue>>;
  send(queue: string, data?: unknown, options: SendOptions = NO_OPTIONS): unknown {
    const sendingJob = this.parentJob();
    return new Observable((subscriber) => {
      try {
        const parent = this.parentJob() ?? unlessEnded(sendingJob);
        return this.begin(queue, data, options, parent, subscriber);
      } catch (error) {
        subscriber.error(error);
        return undefined;
      }
    });
  }

  /**
   * Pushes a job that nobody waits for. The Observable is hot: the job is pushed even if nobody subscribes. It
   * emits a receipt once Redis has the job, or ends with one of the errors of {@link send}. An error that nobody
   * subscribes to is logged.
   */
  emit<Queue extends string>(
    queue: Queue & FreeQueue<Queue>,
    data?: unknown,
    options?: EmitOptions,
  ): Observable<PushReceipt>;
  emit<Queue extends MappedQueue>(queue: Queue, ...call: EmitCall<Queue>): Observable<PushReceipt>;
  emit(queue: string, data?: unknown, options: EmitOptions = NO_OPTIONS): Observable<PushReceipt> {
    const emit = new PendingEmit(this.nextId(), queue, this.parts.log);
    try {
      this.checkQueue(queue);
      checkEmitOptions(queue, options);
      this.checkPending(queue);
      this.pendingEmits++;
      emit.start(
        options.timeout ?? 0,
        () => this.batcher.drop(emit.id),
        () => this.pendingEmits--,
      );
      this.push(emit, data, this.inheritHeaders(options, this.parentJob()));
    } catch (error) {
      emit.fail(error);
    }
    return emit.receipt$;
  }

  /**
   * Ends all that wait with a {@link ClientClosedError}, and everything sent from now on as well. Closing it twice
   * does no harm.
   */
  close(): void {
    if (this.isClosed) {
      return;
    }
    this.isClosed = true;
    this.batcher.close();
    this.pruner.close();
    for (const request of this.pendingRequests.all()) {
      this.canceller.cancel(request);
    }
    this.canceller.flush();
    this.pendingRequests.failAll(({ queue }) => new ClientClosedError(queue));
    this.listener.close();
    this.originalListener.close();
    const { connections, keys } = this.parts;
    if (connections.isConnected) {
      // Late replies that lie there already; those still to come expire, and so do these where it fails.
      const list = keys.replies(this.id);
      connections.commands.send((redis) => redis.del(list)).catch(() => undefined);
    }
  }

  private begin(
    queue: string,
    data: unknown,
    options: SendOptions,
    parent: ParentJob | undefined,
    subscriber: Subscriber<unknown>,
  ): Unsubscribable {
    this.checkQueue(queue);
    checkSendOptions(queue, options);
    this.checkPending(queue);
    const limits = limitsOf(options, this.usualLimits, parent);
    if (limits.isInherited && limits.timeout === 0) {
      const id = this.nextId();
      throw new RequestTimeoutError({ queue, id, timeout: 0, limit: 'inherited' });
    }
    const signals = signalsOf(options, parent);
    const request = new PendingRequest(
      this.nextId(),
      queue,
      this.pendingRequests,
      subscriber,
      limits,
      options.protocol === 1,
    );
    try {
      for (const signal of signals) {
        const stopListening = this.abortListeners.add(signal, (reason) => {
          if (request.cancel()) {
            this.giveUp(request);
            request.explain(reason);
          }
        });
        subscriber.add(stopListening);
      }
      this.push(request, data, this.inheritHeaders(options, parent), this.id);
    } catch (error) {
      request.cancel();
      throw error;
    }
    if (request.isOriginal) {
      this.scope.runInAsyncScope(() => this.originalListener.expect(request));
    } else if (!this.listener.isStarted) {
      this.scope.runInAsyncScope(() => this.listener.start());
    }
    return request;
  }

  /** Drops the job of a request that nobody waits for any more, wherever it is. */
  private giveUp(request: PendingRequest): void {
    const wasPushed = !this.batcher.drop(request.id);
    if (request.isOriginal) {
      this.originalListener.abandon(request);
    } else if (wasPushed) {
      this.canceller.cancel(request);
    }
  }

  /** Unlike the next random one, it costs nothing, is short, and tells its client. */
  private nextId(): string {
    return `${this.id}-${(this.jobCount++).toString(36)}`;
  }

  private checkQueue(queue: unknown): void {
    if (typeof queue !== 'string' || queue === '') {
      throw new InvalidOptionError('queue', 'a string that is not empty', describeValue(queue));
    }
  }

  private checkPending(queue: string): void {
    if (this.isClosed) {
      throw new ClientClosedError(queue);
    }
    const { maxPending } = this.parts.options;
    if (this.pendingRequests.size + this.pendingEmits >= maxPending) {
      throw new PendingLimitError(queue, maxPending);
    }
  }

  private push(sender: JobSender, data: unknown, options: EmitOptions, replyTo?: string): void {
    const { maxPayload } = this.parts.options;
    this.batcher.add(new OutgoingJob(sender, data, options, replyTo, maxPayload, this.parts.log));
  }

  /** The job whose handler makes a request now. */
  private parentJob(): ParentJob | undefined {
    return unlessEnded(this.parts.options.parentJob?.());
  }

  private inheritHeaders<Options extends EmitOptions>(
    options: Options,
    parent: ParentJob | undefined,
  ): Options {
    return withInheritedHeaders(options, parent, this.parts.options.inheritedHeaders ?? []);
  }

  private async timedOut(request: PendingRequest, limit: TimeLimit): Promise<void> {
    this.giveUp(request);
    const { queue, id, limits } = request;
    this.pruner.expired(queue);
    const state = await this.inspector.inspect(queue);
    const details =
      limit === 'idleTimeout'
        ? { limit, timeout: limits.idleTimeout }
        : { limit: limits.isInherited ? ('inherited' as const) : limit, timeout: limits.timeout };
    request.explain(new RequestTimeoutError({ queue, id, ...details, ...state }));
  }
}

const unlessEnded = (job: ParentJob | undefined): ParentJob | undefined =>
  job?.hasEnded ? undefined : job;
