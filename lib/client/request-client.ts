import { AsyncResource } from 'node:async_hooks';
import { inspect, type InspectOptions } from 'node:util';
import { Observable, type Subscriber, type Unsubscribable } from 'rxjs';
import {
  ClientClosedError,
  InvalidOptionError,
  PendingLimitError,
  RequestTimeoutError,
  type RequestTimeoutDetails,
  type TimeLimit,
} from '../errors/index.js';
import { aName, expectedBy } from '../options/option-rules.js';
import { describeValue } from '../errors/value-text.js';
import type { Log } from '../telemetry/log.js';
import type { Keys } from '../protocol/keys.js';
import type { ConnectionState } from '../driver/line.js';
import type { Driver } from '../driver/driver.js';
import { explainRefusal } from '../driver/refusal.js';
import { AbortListeners } from './waiting/abort-listeners.js';
import { ApplicationCode } from './calls/application-code.js';
import {
  checkEmitOptions,
  checkSendOptions,
  NO_OPTIONS,
  type EmitOptions,
  type SendOptions,
} from './calls/call-options.js';
import type { ClientOptions, ParentJob } from './calls/client-options.js';
import { connectionStatus } from './connection-status.js';
import {
  limitsOf,
  signalsOf,
  withInheritedHeaders,
  type RequestLimits,
} from './calls/inheritance.js';
import type {
  EmitCall,
  FreeCall,
  MappedQueue,
  NotGiven,
  QueueWithoutData,
  ReplyOf,
  RetypedCall,
  RetypedQueue,
  SendCall,
} from './calls/job-map.js';
import { JobCanceller } from './waiting/job-canceller.js';
import { addAwaitingLines, isReasonOf, LastValue } from './calls/last-value.js';
import { OriginalReplyListener } from './replies/original-reply-listener.js';
import { OutgoingJob, type JobSender } from './sending/outgoing-job.js';
import { withOutgoingHeaders } from './calls/outgoing-headers.js';
import { PendingEmit, type EmitOwner } from './waiting/pending-emit.js';
import { PendingRequest, type RequestEnd, type RequestOwner } from './waiting/pending-request.js';
import { PendingRequests } from './waiting/pending-requests.js';
import { PushBatcher } from './sending/push-batcher.js';
import type { PushReceipt } from './calls/push-receipt.js';
import { QueueInspector, type Inspection } from './waiting/queue-inspector.js';
import { QueuePruner } from './queue-pruner.js';
import { ReplyListener } from './replies/reply-listener.js';
import { deleteKey } from '../protocol/operations/keys.js';

/** What a client is made of. @internal */
export interface ClientParts {
  readonly connections: Driver;
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
  readonly #parts: ClientParts;
  readonly #id: string;
  #jobCount = 0;
  readonly #usualLimits: RequestLimits;
  readonly #code: ApplicationCode;
  readonly #pendingRequests: PendingRequests;
  readonly #batcher: PushBatcher;
  readonly #inspector: QueueInspector;
  readonly #pruner: QueuePruner;
  readonly #canceller: JobCanceller;
  readonly #listener: ReplyListener;
  readonly #originalListener: OriginalReplyListener;
  #pendingEmits = 0;
  readonly #abortListeners = new AbortListeners();
  /** What lives longer than a call shall not live in the async context of the first. */
  readonly #scope = new AsyncResource('ReqRepClient');
  #isClosed = false;
  #closing: Promise<void> | undefined;
  readonly #requestOwner: RequestOwner = {
    ended: (request, end) => this.#ended(request, end),
    refusalOf: ({ id }) => this.#batcher.refusalOf(id),
    timedOut: (request, limit, refusal) => void this.#explainTimeout(request, limit, refusal),
    threw: (what, error) => this.#code.threw(what, error),
  };
  readonly #emitOwner: EmitOwner;

  /**
   * The state of the connections to Redis: the present one at once, then each change; completes when they are
   * closed. `ready` means that all of them are.
   */
  readonly status$: Observable<ConnectionState>;

  /** Made by `ReqRepModule`; inject it. A test replaces it with an object that has the methods that are called. */
  constructor(parts: never);
  /** @internal */
  constructor(parts: ClientParts);
  constructor(parts: ClientParts) {
    const { connections, keys, log, options } = parts;
    const { runtime } = connections;
    this.#parts = parts;
    this.#id = runtime.randomId();
    this.#emitOwner = {
      runtime,
      ended: (emit, mayRun) => this.#emitEnded(emit, mayRun),
      refusalOf: ({ id }) => this.#batcher.refusalOf(id),
      trouble: () => connections.trouble,
    };
    this.#usualLimits = { timeout: options.timeout, idleTimeout: 0, isInherited: false };
    this.#code = new ApplicationCode(log);
    this.status$ = connectionStatus(connections, this.#code);
    this.#pendingRequests = new PendingRequests(
      options.timeout,
      this.#requestOwner,
      this.#scope,
      runtime,
    );
    this.#canceller = new JobCanceller(connections, keys, log);
    this.#batcher = new PushBatcher(
      connections,
      keys,
      (queue) => new ClientClosedError(queue),
      log,
      options.workersHere,
    );
    this.#inspector = new QueueInspector(connections, keys);
    this.#pruner = new QueuePruner(connections, keys, log);
    this.#listener = new ReplyListener(
      connections,
      keys.replies(this.#id),
      this.#pendingRequests,
      log,
      options.reviveError,
    );
    this.#originalListener = new OriginalReplyListener(connections, keys, log);
  }

  /** How many requests wait for an end. */
  get pending(): number {
    return this.#pendingRequests.size;
  }

  /** How many replies came that nobody waited for any more: late, cancelled or second ones. */
  get droppedReplies(): number {
    return this.#listener.dropped;
  }

  /**
   * Asks the workers of a queue. The Observable is cold: each subscription is one job. It emits what the handler
   * returns (once, also for `undefined`; each value of a stream) and completes, or ends with the first of its
   * errors. Unsubscribing before the end cancels the job wherever it is: it never leaves, is dropped unrun, or the
   * `job.signal` of its handler aborts. Inside a handler, a request ends with the handler's job: it inherits what is
   * left of its deadline, its cancellation and the headers named in `inheritedHeaders`, unless the call says
   * `inherit: false`.
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
    queue: RetypedQueue,
    ...call: RetypedCall<Reply>
  ): {
    readonly 'leave the type of the reply out: the JobMap knows it'?: never;
    toString(): string;
  };
  send<Queue extends MappedQueue>(
    queue: Queue,
    ...call: SendCall<Queue>
  ): Observable<ReplyOf<Queue>>;
  send<Queue extends MappedQueue>(queue: QueueWithoutData<Queue>): Observable<ReplyOf<Queue>>;
  send<Reply = unknown, const Queue extends string = string>(
    queue: Queue,
    ...call: FreeCall<Queue, SendOptions>
  ): Observable<Reply>;
  send(queue: string, data?: unknown, options: SendOptions = NO_OPTIONS): unknown {
    const sendingJob = this.#parentJob();
    return new Observable((subscriber) => {
      try {
        const parent = this.#parentJob() ?? unlessEnded(sendingJob);
        return this.#begin(queue, data, options, parent, subscriber);
      } catch (error) {
        subscriber.error(error);
        return undefined;
      }
    });
  }

  /**
   * Asks the workers of a queue, as {@link send} does, with the same data, options, inheritance and errors. It is hot: the job
   * is on its way at once. Of a stream it gives the last value, and `undefined` where the stream had none.
   *
   * @returns a promise of the reply. It rejects with the errors of {@link send}; their stack names the line that awaits.
   * @example
   * ```ts
   * const { text } = await this.requests.request<Report>('reports', { id }, { timeout: 5_000 });
   * ```
   */
  request<Reply = NotGiven>(
    queue: RetypedQueue,
    ...call: RetypedCall<Reply>
  ): {
    readonly 'leave the type of the reply out: the JobMap knows it'?: never;
    toString(): string;
  };
  request<Queue extends MappedQueue>(
    queue: Queue,
    ...call: SendCall<Queue>
  ): Promise<ReplyOf<Queue>>;
  request<Queue extends MappedQueue>(queue: QueueWithoutData<Queue>): Promise<ReplyOf<Queue>>;
  request<Reply = unknown, const Queue extends string = string>(
    queue: Queue,
    ...call: FreeCall<Queue, SendOptions>
  ): Promise<Reply>;
  async request(
    queue: string,
    data?: unknown,
    options: SendOptions = NO_OPTIONS,
  ): Promise<unknown> {
    const parent = this.#parentJob();
    let hasBegun = false;
    const reply = new Promise((resolve, reject) => {
      this.#begin(queue, data, options, parent, new LastValue(resolve, reject));
      hasBegun = true;
    });
    try {
      return await reply;
    } catch (error) {
      const isReason = isReasonOf(error, options.signal) || isReasonOf(error, parent?.signal);
      if (hasBegun && !isReason) {
        addAwaitingLines(error);
      }
      throw error;
    }
  }

  /**
   * Pushes a job that nobody waits for. The Observable is hot: the job is pushed even if nobody subscribes. It
   * emits a receipt once Redis has the job, or ends with one of the errors of {@link send}. An error that nobody
   * subscribes to is logged.
   */
  emit<Queue extends MappedQueue>(queue: Queue, ...call: EmitCall<Queue>): Observable<PushReceipt>;
  emit<Queue extends MappedQueue>(queue: QueueWithoutData<Queue>): Observable<PushReceipt>;
  emit<const Queue extends string>(
    queue: Queue,
    ...call: FreeCall<Queue, EmitOptions>
  ): Observable<PushReceipt>;
  emit(queue: string, data?: unknown, options: EmitOptions = NO_OPTIONS): Observable<PushReceipt> {
    const { log } = this.#parts;
    const name = typeof queue === 'string' ? queue : typeof queue;
    const emit = new PendingEmit(this.#nextId(), name, log, this.#code);
    try {
      this.#checkQueue(queue);
      checkEmitOptions(queue, options);
      this.#checkPending(queue);
      this.#pendingEmits++;
      emit.start(options.timeout ?? 0, this.#emitOwner);
      this.#push(emit, data, this.#withHeaders(queue, options, heir(options, this.#parentJob())));
    } catch (error) {
      emit.fail(error);
    }
    return emit.receipt$;
  }

  /**
   * Ends all that wait with a {@link ClientClosedError}, and everything sent from now on as well. What was emitted before is
   * pushed yet: it resolves once Redis has confirmed that, or after a while (1 s without any progress, 10 s in all, half
   * a second where Redis cannot be reached), when the rest fails with a {@link ClientClosedError}. Closing it twice does no
   * harm.
   */
  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#pruner.close();
      this.#pendingRequests.failAll(({ queue }) => new ClientClosedError(queue));
      this.#closing = this.#finish();
    }
    // What hears of its end may close the client again before it goes on.
    return this.#closing ?? Promise.resolve().then(() => this.#closing);
  }

  /** What may be shown of it: nothing that tells of the connection. */
  toJSON(): object {
    return { state: this.#parts.connections.state, pending: this.pending };
  }

  /** @internal */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `RequestClient ${inspect(this.toJSON(), options)}`;
  }

  async #finish(): Promise<void> {
    const pushed = this.#batcher.close();
    this.#canceller.flush();
    this.#listener.close();
    this.#originalListener.close();
    await pushed;
    this.#canceller.flush();
    this.#canceller.close();
    const { connections, keys } = this.#parts;
    if (connections.isConnected) {
      // Late replies that are there already; those still to come expire, and so do these where it fails.
      const list = keys.replies(this.#id);
      connections.commands.run(deleteKey, list).catch(() => undefined);
    }
  }

  #begin(
    queue: string,
    data: unknown,
    options: SendOptions,
    parentJob: ParentJob | undefined,
    subscriber: Subscriber<unknown>,
  ): Unsubscribable {
    this.#checkQueue(queue);
    checkSendOptions(queue, options);
    this.#checkPending(queue);
    const parent = heir(options, parentJob);
    const limits = limitsOf(options, this.#usualLimits, parent);
    if (limits.isInherited && limits.timeout === 0) {
      const id = this.#nextId();
      throw new RequestTimeoutError({ queue, id, timeout: 0, limit: 'inherited' });
    }
    const signals = signalsOf(options, parent);
    const request = new PendingRequest(
      this.#nextId(),
      queue,
      this.#pendingRequests,
      subscriber,
      limits,
      options.protocol === 1,
    );
    try {
      for (const signal of signals) {
        const onAbort = (reason: unknown): void => request.fail(reason, true);
        request.attach(this.#abortListeners.add(signal, onAbort));
      }
      this.#push(request, data, this.#withHeaders(queue, options, parent), this.#id);
      this.#listenFor(request);
    } catch (error) {
      request.cancel();
      throw error;
    }
    return request;
  }

  #listenFor(request: PendingRequest): void {
    if (request.isOriginal) {
      this.#scope.runInAsyncScope(() => this.#originalListener.expect(request));
    } else if (!this.#listener.isStarted) {
      this.#scope.runInAsyncScope(() => this.#listener.start());
    }
  }

  /** Lets go of what a request needed, and drops a job that nobody waits for any more, wherever it is. */
  #ended(request: PendingRequest, end: RequestEnd): void {
    const neverLeft = this.#batcher.drop(request.id);
    const mayRun = end === 'given up' && !neverLeft;
    if (request.isOriginal) {
      if (mayRun) {
        this.#originalListener.abandon(request);
      } else {
        this.#originalListener.forget(request);
      }
    } else if (mayRun) {
      this.#canceller.cancel(request);
    }
  }

  #emitEnded(emit: PendingEmit, mayRun: boolean): void {
    this.#pendingEmits--;
    this.#batcher.drop(emit.id);
    if (mayRun) {
      this.#canceller.cancel(emit);
    }
  }

  /** Unlike the next random one, it costs nothing, is short, and tells its client. */
  #nextId(): string {
    return `${this.#id}-${(this.#jobCount++).toString(36)}`;
  }

  #checkQueue(queue: unknown): void {
    if (!aName.accepts(queue)) {
      throw new InvalidOptionError(
        'queue in a call to `send`, `request` or `emit`',
        expectedBy(aName, queue),
        describeValue(queue),
      );
    }
  }

  #checkPending(queue: string): void {
    if (this.#isClosed) {
      throw new ClientClosedError(queue);
    }
    const { maxPending } = this.#parts.options;
    if (this.#pendingRequests.size + this.#pendingEmits >= maxPending) {
      throw new PendingLimitError(queue, maxPending);
    }
  }

  #push(sender: JobSender, data: unknown, options: EmitOptions, replyTo?: string): void {
    const { maxPayload, maxPendingBytes } = this.#parts.options;
    const job = new OutgoingJob(sender, data, options, replyTo, maxPayload, this.#code);
    // Getters and `toJSON` of the data have run, which may have done anything.
    if (this.#isClosed) {
      throw new ClientClosedError(sender.queue);
    }
    if (!sender.isWaiting()) {
      return;
    }
    if (this.#batcher.length + job.length > maxPendingBytes) {
      throw new PendingLimitError(sender.queue, maxPendingBytes, 'maxPendingBytes');
    }
    this.#batcher.add(job);
  }

  /** The job whose handler makes a request now. */
  #parentJob(): ParentJob | undefined {
    return unlessEnded(this.#parts.options.parentJob?.());
  }

  /** The headers of a call: its own, then those that the application adds, then those of the handler's job. */
  #withHeaders<Options extends EmitOptions>(
    queue: string,
    options: Options,
    parent: ParentJob | undefined,
  ): Options {
    const { outgoingHeaders, inheritedHeaders = [] } = this.#parts.options;
    const ownAndAdded = withOutgoingHeaders(options, queue, outgoingHeaders);
    return withInheritedHeaders(ownAndAdded, parent, inheritedHeaders);
  }

  async #explainTimeout(
    request: PendingRequest,
    limit: TimeLimit,
    refusal: string | undefined,
  ): Promise<void> {
    const { queue, id, limits } = request;
    this.#pruner.expired(queue);
    const here = this.#parts.options.workersHere?.(queue);
    const { trouble } = this.#parts.connections;
    const inspection = await this.#inspector.inspect(queue);
    const details =
      limit === 'idleTimeout'
        ? { limit, timeout: limits.idleTimeout }
        : { limit: limits.isInherited ? ('inherited' as const) : limit, timeout: limits.timeout };
    const cause = request.isOriginal ? undefined : this.#listener.refusal;
    request.explain(
      timeoutError({ queue, id, ...details, refusal, trouble, here }, inspection, cause),
    );
  }
}

/** The job that a call takes over from. */
const heir = ({ inherit }: EmitOptions, parent: ParentJob | undefined): ParentJob | undefined =>
  inherit === false ? undefined : parent;

const unlessEnded = (job: ParentJob | undefined): ParentJob | undefined =>
  job?.hasEnded ? undefined : job;

/** @param unread - why no reply can be read, if that is so. */
function timeoutError(
  details: RequestTimeoutDetails,
  inspection: Inspection,
  unread: Error | undefined,
): RequestTimeoutError {
  const isRefused = inspection !== undefined && 'refusal' in inspection;
  const cause = unread ?? (isRefused ? inspection.refusal : undefined);
  return new RequestTimeoutError(
    {
      ...details,
      ...(isRefused ? { inspectionRefusal: explainRefusal(inspection.refusal) } : inspection),
      replyRefusal: unread && explainRefusal(unread),
    },
    cause && { cause },
  );
}
