import { inspect, type InspectOptions } from 'node:util';
import { Observable } from 'rxjs';
import type { ConnectionState } from '../driver/connection-state.js';
import { CallStarter, type ClientParts } from './call-starter.js';
import { ApplicationCode } from './calls/application-code.js';
import { NO_OPTIONS, type EmitOptions, type SendOptions } from './calls/call-options.js';
import { unlessEnded } from './calls/inheritance.js';
import type { CheckedEmit, CheckedRequest, CheckedSend } from './calls/call-signatures.js';
import type { UnlessChecked } from './calls/job-map.js';
import { addAwaitingLines, isReasonOf, LastValue } from './calls/last-value.js';
import type { PushReceipt } from './calls/push-receipt.js';
import { connectionStatus, stateOf } from './connection-status.js';

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
  readonly #calls: CallStarter;

  /**
   * The state of the connections to Redis: the present one at once, then each change; completes when they are
   * closed. `ready` means that all of them are.
   */
  readonly status$: Observable<ConnectionState>;

  private constructor(parts: ClientParts) {
    const { shards, log } = parts;
    const code = new ApplicationCode(log);
    this.#parts = parts;
    this.#calls = new CallStarter(parts, code);
    this.status$ = connectionStatus(shards, code);
  }

  static {
    // Methods of the prototype, as tests that spy on them expect. The types above are not those of a method, since the one that
    // applies depends on the application's JobMap.
    Object.assign(this.prototype, {
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
    });
  }

  /** @internal */
  static create(parts: ClientParts): RequestClient {
    return new RequestClient(parts);
  }

  /** How many requests wait for an end. */
  get pending(): number {
    return this.#calls.pending;
  }

  /** How many emitted jobs Redis has not confirmed. @internal */
  get pendingEmits(): number {
    return this.#calls.pendingEmits;
  }

  /** How many replies came that nobody waited for any more: late, cancelled or second ones. */
  get droppedReplies(): number {
    return this.#calls.droppedReplies;
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
   * - `RequestTimeoutError` when no end comes within `timeout`, or no value within `idleTimeout`
   * - `RemoteError` when the handler throws, or an `HttpException` when it throws one
   * - `WorkerLostError` when the job's workers died and its deliveries are used up, or its stream broke
   * - `NoWorkersError`, `QueueFullError` when the call's conditions are not met
   * - `PendingLimitError`, `PayloadTooLargeError`, `SerializationError`, `PushFailedError` when the
   *   job cannot be sent
   * - `ClientClosedError` when the client is closed
   * - `InvalidOptionError` for a wrong option
   * - the signal's reason when `signal`, or that of the handler's job, aborts
   */
  declare send: UnlessChecked<
    /** Sends a request. Each subscription to the Observable pushes one job and emits its reply. */
    <Reply = unknown>(queue: string, data?: unknown, options?: SendOptions) => Observable<Reply>,
    CheckedSend
  >;

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
  declare request: UnlessChecked<
    /** Sends a request at once. The promise resolves with its reply. */
    <Reply = unknown>(queue: string, data?: unknown, options?: SendOptions) => Promise<Reply>,
    CheckedRequest
  >;

  /**
   * Pushes a job that nobody waits for. The Observable is hot: the job is pushed even if nobody subscribes. It
   * emits a receipt once Redis has the job, or ends with one of the errors of {@link send}. An error that nobody
   * subscribes to is logged.
   */
  declare emit: UnlessChecked<
    /** Pushes a job without waiting for a reply. The Observable emits once Redis has the job. */
    (queue: string, data?: unknown, options?: EmitOptions) => Observable<PushReceipt>,
    CheckedEmit
  >;

  /**
   * Ends all that wait with a `ClientClosedError`, and everything sent from now on as well. What was emitted before is
   * pushed yet: it resolves once Redis has confirmed that, or after a while (1 s without any progress, 10 s in all, half
   * a second where Redis cannot be reached), when the rest fails with a `ClientClosedError`. Closing it twice does no
   * harm.
   */
  close(): Promise<void> {
    return this.#calls.close();
  }

  /** What may be shown of it: nothing that tells of the connection. */
  toJSON(): object {
    return { state: stateOf(this.#parts.shards), pending: this.pending };
  }

  /** @internal */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `RequestClient ${inspect(this.toJSON(), options)}`;
  }
}
