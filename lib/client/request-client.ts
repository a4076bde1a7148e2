import { inspect, type InspectOptions } from 'node:util';
import { Observable } from 'rxjs';
import type { ConnectionState } from '../driver/connection-state.js';
import { CallStarter, type ClientParts } from './call-starter.js';
import { ApplicationCode } from './calls/application-code.js';
import type { RequestClientStats } from './calls/client-stats.js';
import { NO_OPTIONS, type EmitOptions, type SendOptions } from './calls/call-options.js';
import { unlessEnded } from './calls/inheritance.js';
import type { CheckedEmit, CheckedRequest, CheckedSend } from './calls/call-signatures.js';
import type { UnlessChecked } from './calls/job-map.js';
import { addAwaitingLines, isReasonOf, LastValue } from './calls/last-value.js';
import {
  checkPingOptions,
  DEFAULT_PING_TIMEOUT_MS,
  type PingOptions,
} from './calls/ping-options.js';
import type { PushReceipt } from './calls/push-receipt.js';
import { connectionStatus, stateOf } from './connection-status.js';
import { ServerPing } from './server-ping.js';

/**
 * Sends jobs to queues: requests, whose callers get the reply of a handler, and jobs without a reply. The workers can run in any
 * process.
 *
 * `ReqRepModule` provides a client for each of its instances, and `createReqRep` makes one. A test provides an object with the
 * methods that are called in its place.
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
  readonly #calls: CallStarter;
  readonly #ping: ServerPing;

  /**
   * The state of the connections to Redis. Emits the present state to each subscriber at once, then each change, and completes when the
   * connections are closed. `ready` means that all of them are.
   */
  readonly status$: Observable<ConnectionState>;

  /** Is private: inject the client that `ReqRepModule` provides, or take the one of `createReqRep`. */
  private constructor(parts: ClientParts) {
    const { shards, log } = parts;
    const code = new ApplicationCode(log);
    this.#parts = parts;
    this.#calls = new CallStarter(parts, code);
    this.#ping = new ServerPing(shards);
    this.status$ = connectionStatus(shards, code);
  }

  /** @internal */
  static create(parts: ClientParts): RequestClient {
    return new RequestClient(parts);
  }

  /** The number of requests that have not ended. */
  get pending(): number {
    return this.#calls.pending;
  }

  /** Number of emitted jobs that Redis has not confirmed. @internal */
  get pendingEmits(): number {
    return this.#calls.pendingEmits;
  }

  /** The number of replies that arrived although no request waited for them: after a timeout or a cancellation, or a second time. */
  get droppedReplies(): number {
    return this.#calls.droppedReplies;
  }

  /** The counts of all calls since the client was made: a new object each time. */
  get stats(): RequestClientStats {
    return this.#calls.stats;
  }

  /**
   * Sends a request. Each subscription to the Observable pushes one job and emits the result of its handler: the reply once, also where it
   * is `undefined`, or each value of a stream. Then the Observable completes.
   *
   * Unsubscribing before the end cancels the job: it is not pushed, not started, or the `job.signal` of its handler aborts.
   *
   * Within a handler a request inherits the rest of the job's deadline, its cancellation and the headers that `inheritedHeaders`
   * names, unless the call has `inherit: false`.
   *
   * The Observable ends with one of these errors:
   *
   * - {@link RequestTimeoutError}: no end within `timeout`, or no value within `idleTimeout`
   * - {@link RemoteError}: the handler threw. In an application of Nest an `HttpException` where the handler threw one
   * - {@link JobRemovedError}: somebody removed the job from its queue with `QueueAdmin`
   * - {@link WorkerLostError}: the workers of the job were lost and its deliveries are used up, or its stream broke
   * - {@link NoWorkersError}, {@link QueueFullError}: `requireWorker` or `maxQueueLength` of the call does not hold
   * - {@link PendingLimitError}, {@link PayloadTooLargeError}, {@link SerializationError}, {@link PushFailedError}: the job cannot be sent
   * - {@link ClientClosedError}: the client is closed
   * - {@link InvalidOptionError}: an option is wrong
   * - the reason of `signal`, or of the `signal` of the handler's job, when it aborts
   *
   * @example
   * ```ts
   * this.requests.send<Report>('reports', { id: 'A7' }, { timeout: 5_000 }).subscribe((report) => show(report));
   * ```
   */
  declare send: UnlessChecked<
    /**
     * Sends a request. Each subscription to the Observable pushes one job and emits its reply.
     *
     * @param queue - The name under which a handler serves the queue.
     * @param data - Anything that JSON can write. `undefined` arrives as `null`.
     * @param options - Options of the call.
     */
    <Reply = unknown>(queue: string, data?: unknown, options?: SendOptions) => Observable<Reply>,
    CheckedSend
  >;

  /**
   * Sends a request at once, with the same data, options, inheritance and errors as {@link send}.
   *
   * Returns a promise of the reply: of a stream its last value, and `undefined` of a stream without values. The promise rejects with
   * the errors of {@link send}, whose stack names the line that awaits it.
   *
   * @example
   * ```ts
   * const { text } = await this.requests.request<Report>('reports', { id: 'A7' }, { timeout: 5_000 });
   * ```
   */
  declare request: UnlessChecked<
    /**
     * Sends a request at once. The promise resolves with its reply.
     *
     * @param queue - The name under which a handler serves the queue.
     * @param data - Anything that JSON can write. `undefined` arrives as `null`.
     * @param options - Options of the call.
     */
    <Reply = unknown>(queue: string, data?: unknown, options?: SendOptions) => Promise<Reply>,
    CheckedRequest
  >;

  /**
   * Pushes a job without waiting for a reply, whether anybody subscribes or not. The Observable emits a receipt once Redis has the job, or
   * ends with one of the errors of {@link send} that concern the push. The library logs an error that nobody subscribes to.
   *
   * @example
   * ```ts
   * this.requests.emit('mails', { to: 'ann@example.com' }, { maxDeliveries: 1 });
   * ```
   */
  declare emit: UnlessChecked<
    /**
     * Pushes a job without waiting for a reply. The Observable emits once Redis has the job.
     *
     * @param queue - The name under which a handler serves the queue.
     * @param data - Anything that JSON can write. `undefined` arrives as `null`.
     * @param options - Options of the call.
     */
    (queue: string, data?: unknown, options?: EmitOptions) => Observable<PushReceipt>,
    CheckedEmit
  >;

  /**
   * Asks Redis for an answer now, and connects where that was not done yet. Of a Redis Cluster, it asks the owner of each shard that this
   * process uses.
   *
   * Unlike {@link status$} it notices at once that a server hangs, or that the network loses everything.
   *
   * @param options - Options of the call.
   * @returns The slowest round trip, in ms, without the time that it took to connect.
   * @throws {@link ConnectionFailedError} where a server does not answer within `timeout`, and at once where Redis refuses the application
   *   until somebody changes something, or the client is closed.
   * @throws {@link InvalidOptionError} for a wrong option.
   * @example
   * ```ts
   * const ms = await this.requests.ping({ timeout: 500 });
   * ```
   */
  async ping(options: PingOptions = NO_OPTIONS): Promise<number> {
    checkPingOptions(options);
    return this.#ping.slowest(options.timeout ?? DEFAULT_PING_TIMEOUT_MS);
  }

  /**
   * Closes the client for good. Requests that wait end with a {@link ClientClosedError}, and later calls do, too. The module calls it
   * when its application closes.
   *
   * Jobs that were emitted before are still pushed. The promise resolves once Redis has confirmed them, or after 1 s without progress,
   * 10 s in all, or 0.5 s where Redis cannot be reached; emits that are not confirmed then fail with a {@link ClientClosedError}. A second
   * call changes nothing.
   */
  close(): Promise<void> {
    return this.#calls.close();
  }

  /** Returns the state and the number of pending requests: nothing secret. */
  toJSON(): object {
    return { state: stateOf(this.#parts.shards), pending: this.pending };
  }

  /** @internal */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `RequestClient ${inspect(this.toJSON(), options)}`;
  }

  static {
    // The methods belong to the prototype, because tests that spy on them expect that. They have no method syntax, because their types
    // depend on the application's JobMap.
    const methods = {
      send(
        this: RequestClient,
        queue: string,
        data?: unknown,
        options: SendOptions = NO_OPTIONS,
      ): unknown {
        const sendingJob = this.#calls.parentJob();
        return new Observable((subscriber) => {
          try {
            const parent = this.#calls.parentJob() ?? unlessEnded(sendingJob);
            return this.#calls.send(queue, data, options, parent, subscriber);
          } catch (error) {
            subscriber.error(error);
            return undefined;
          }
        });
      },

      async request(
        this: RequestClient,
        queue: string,
        data?: unknown,
        options: SendOptions = NO_OPTIONS,
      ): Promise<unknown> {
        const parent = this.#calls.parentJob();
        let hasBegun = false;
        const reply = new Promise((resolve, reject) => {
          this.#calls.send(queue, data, options, parent, new LastValue(resolve, reject));
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
      },

      emit(
        this: RequestClient,
        queue: string,
        data?: unknown,
        options: EmitOptions = NO_OPTIONS,
      ): Observable<PushReceipt> {
        return this.#calls.emit(queue, data, options);
      },
    };
    for (const [name, value] of Object.entries(methods)) {
      Object.defineProperty(this.prototype, name, { value, writable: true, configurable: true });
    }
  }
}
