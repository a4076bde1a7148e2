import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import { lastValueFrom, Observable, throwError } from 'rxjs';
import { ApplicationCode } from '../client/calls/application-code.js';
import type { PushReceipt } from '../client/calls/push-receipt.js';
import type { RequestClient } from '../client/request-client.js';
import { closeInOrder } from '../core/closing.js';
import { waitUntilUsable } from '../core/fail-fast.js';
import type { Servers } from '../driver/shard.js';
import { propertyOf } from '../errors/error-text.js';
import { ClientClosedError } from '../errors/index.js';
import type { ResolvedOptions } from '../core/resolve-options.js';
import { nestLog } from '../nest/nest-log.js';
import type { Log } from '../telemetry/log.js';
import type { ReqRepClientOptions } from './client-options.js';
import type { ReqRepClientEvents } from './events.js';
import { openEngine, resolveQueueOptions } from './open-engine.js';
import { checkRoute, PATTERN_HEADER } from './pattern-header.js';
import { refusedEvent } from './refused-event.js';
import { ReqRepRecord } from './reqrep-record.js';
import { errorForCaller } from './rpc-error.js';
import { StatusChanges } from './status-changes.js';
import type { ReqRepTransportStatus } from './transport-status.js';

/** Names the connections and the log of clients. */
const NAME = 'client-proxy';

/** What a client that was used works with. */
interface Opened {
  readonly requests: RequestClient;
  readonly servers: Servers;
  readonly close: () => Promise<void>;
}

/**
 * Sends the messages of Nest's `ClientProxy` to a queue, where a `ReqRepServer` takes them.
 *
 * `send` makes a request with the `timeout` of the options, and unsubscribing cancels it. `emit` stores a job, which one worker gets, and
 * emits a receipt once Redis has it.
 *
 * @example
 * ```ts
 * ClientsModule.register([
 *   { name: 'ORDERS', customClass: ReqRepClient, options: { connection: 'redis://localhost:6379', queue: 'orders' } },
 * ])
 * ```
 */
export class ReqRepClient extends ClientProxy<ReqRepClientEvents> {
  readonly #queue: string;
  readonly #options: ResolvedOptions;
  readonly #log: Log = nestLog(NAME);
  readonly #changes = new StatusChanges(new ApplicationCode(this.#log));
  #opened: Opened | undefined;
  #hasConnected = false;
  #isClosed = false;

  /**
   * Makes a client. Nothing connects to Redis before the first message, or `connect`.
   *
   * @param options - Options of the client.
   * @throws `InvalidOptionError` for a wrong option.
   */
  constructor(options: ReqRepClientOptions) {
    super();
    this.#options = resolveQueueOptions(options, 'the options of ReqRepClient');
    this.#queue = options.queue;
  }

  /** The states of the connections to Redis: the present one, then each change. */
  override get status(): Observable<ReqRepTransportStatus> {
    return this.#changes.status;
  }

  /**
   * Connects to Redis. Resolves at once: messages that are sent before wait for the connection, within their timeout. With the option
   * `failFast` it waits for Redis.
   *
   * @throws `ConnectionFailedError` where `failFast` is set and Redis cannot be used; `ClientClosedError` where the client is closed before.
   */
  override async connect(): Promise<void> {
    if (this.#hasConnected) {
      return;
    }
    const { servers } = this.#open();
    const { failFast } = this.#options;
    if (failFast > 0) {
      await waitUntilUsable(failFast, servers).catch((error: unknown) => {
        throw this.#isClosed ? new ClientClosedError(this.#queue) : error;
      });
    } else {
      servers.usable().catch(() => undefined); // the log says why, and each message that waits ends with the reason
    }
    this.#hasConnected = true;
  }

  /**
   * Closes the client for good. Requests that wait end with a `ClientClosedError`, and later ones do, too; emitted jobs are still pushed. Is
   * called by Nest; a second call changes nothing.
   */
  override close(): Promise<void> {
    this.#isClosed = true;
    return this.#open().close();
  }

  /**
   * Sends a message, and emits what its handler answers: one value, or those of a stream. Each subscription sends it once; unsubscribing
   * cancels it.
   *
   * @param pattern - The pattern of the message.
   * @param data - The data of the message, or a `ReqRepRecord`.
   */
  override send<TResult = unknown, TInput = unknown>(
    pattern: unknown,
    data: TInput,
  ): Observable<TResult> {
    const waits = this.#options.failFast > 0 && !this.#hasConnected;
    if (waits || isMissing(pattern) || isMissing(data)) {
      return super.send(pattern, data);
    }
    // As Nest does, without its wait for `connect` in front of each message: later messages, and events, would overtake the first.
    return new Observable((observer) =>
      this.publish(this.#packetOf(pattern, data), this.createObserver(observer)),
    );
  }

  /**
   * Stores an event for one worker, whether anybody subscribes or not. The library logs an error that nobody subscribes to.
   *
   * @param pattern - The pattern of the event.
   * @param data - The data of the event, or a `ReqRepRecord`.
   * @returns An Observable that emits the `PushReceipt` once Redis has the job.
   */
  override emit<TResult = PushReceipt, TInput = unknown>(
    pattern: unknown,
    data: TInput,
  ): Observable<TResult> {
    if (isMissing(pattern) || isMissing(data)) {
      return refusedEvent(super.emit<never>(pattern, data), this.#log);
    }
    try {
      const receipt: Observable<unknown> = this.#emit(this.#packetOf(pattern, data));
      return receipt as Observable<TResult>;
    } catch (error) {
      // A wrong pattern, or a dispatch hook that throws.
      return refusedEvent(
        throwError(() => error),
        this.#log,
      );
    }
  }

  /**
   * Listens to a change of the {@link status}.
   *
   * @param event - The name of the state.
   * @param callback - Is called with each such change, and at once where it is the present state.
   */
  override on<EventKey extends keyof ReqRepClientEvents>(
    event: EventKey,
    callback: ReqRepClientEvents[EventKey],
  ): void {
    this.#changes.on(event, callback);
  }

  /** Returns the `RequestClient` that sends the messages. */
  override unwrap<T = RequestClient>(): T {
    return this.#open().requests as T;
  }

  /** Sends a request. Is called by Nest. */
  protected override publish(
    packet: ReadPacket,
    callback: (packet: WritePacket) => void,
  ): () => void {
    const { data, options } = this.#callOf(packet);
    const sent = this.#open()
      .requests.send(this.#queue, data, options)
      .subscribe({
        next: (response: unknown) => callback({ response }),
        error: (error: unknown) => callback({ err: errorForCaller(error) }),
        complete: () => callback({ isDisposed: true }),
      });
    return () => sent.unsubscribe();
  }

  /** Stores an event. Is called by Nest. */
  protected override dispatchEvent<T = PushReceipt>(packet: ReadPacket): Promise<T> {
    return lastValueFrom(this.#emit(packet)) as Promise<unknown> as Promise<T>;
  }

  #emit(packet: ReadPacket): Observable<PushReceipt> {
    const { data, options } = this.#callOf(packet);
    return this.#open().requests.emit(this.#queue, data, options);
  }

  /** Makes a packet, with what a dispatch hook adds where this version of Nest has one. */
  #packetOf(pattern: unknown, data: unknown): ReadPacket {
    const create = propertyOf(this, 'createPacket');
    return typeof create === 'function'
      ? (create.call(this, pattern, data) as ReadPacket)
      : { pattern, data };
  }

  #callOf(packet: ReadPacket) {
    const { pattern, data } = packet;
    // The types of Nest 11 have none.
    const metadata = propertyOf(packet, 'metadata') as Readonly<Record<string, string>> | undefined;
    const record = data instanceof ReqRepRecord ? data : new ReqRepRecord(data as unknown);
    const headers = {
      ...metadata,
      ...record.headers,
      [PATTERN_HEADER]: checkRoute(this.normalizePattern(pattern), this.#queue),
    };
    return { data: record.data, options: { ...record.options, headers } };
  }

  #open(): Opened {
    if (this.#opened) {
      return this.#opened;
    }
    const log = this.#log;
    const { engine } = openEngine(NAME, this.#options, log);
    const { servers } = engine;
    const client = engine.createClient(() => undefined);
    this.#changes.follow(client.status$);
    const close = (): Promise<void> => closeInOrder({ client, servers, engine, log });
    this.#opened = { requests: client, servers, close };
    return this.#opened;
  }
}

/** Whether Nest refuses it as a pattern or as data. */
const isMissing = (value: unknown): boolean => value === undefined || value === null;
