import type { OutgoingHeaders } from '../client/calls/outgoing-headers.js';
import type { ErrorClass } from '../protocol/wire/error-class.js';
import type { ConnectionOption, Redis } from '../redis/topology/connection-option.js';
import type { JobContext } from '../worker/running/job-context.js';

/**
 * Is called around each job, with guards, interceptors and the handler inside, also those of a stream. It calls `next` once, in
 * whatever async context the job is to have. What `next` returns resolves with the reply when the job has ended (with
 * `undefined` at the end of a stream), and rejects with what ended it: an error, or the reason of `job.signal`.
 *
 * It can keep a job from running, by an error that it throws before it calls `next`. It changes no reply: what it returns, and what it
 * does with an error of `next`, is its own.
 *
 * @example
 * ```ts
 * aroundJob: (job, next) => traces.run({ traceparent: job.headers['traceparent'] }, next)
 * ```
 */
export type AroundJob = (job: JobContext, next: () => Promise<unknown>) => unknown;

/** What client and workers of one instance can be told, with Nest and without it. Everything has a default. */
export interface ReqRepOptions {
  /**
   * The Redis server: a URL (text or `URL`), ioredis options, an ioredis `Redis` (which is never used, changed or closed:
   * ours are made after it), or a function that returns a new `Redis` each time (which we close). A name that ioredis does
   * not know is refused, in options and behind the `?` of a URL.
   *
   * `memory://` needs no Redis, for tests and a first try: all is kept in this process, and gone with it. Applications of one process
   * share what is kept by a name, `memory://name`, as long as one of them runs.
   * @default 'redis://localhost:6379'
   */
  readonly connection?: ConnectionOption | undefined;
  /** Host of the server, as the original `reqrep` had it; instead of `connection`. @default 'localhost' */
  readonly host?: string | undefined;
  /** Port of the server, as the original `reqrep` had it; instead of `connection`. @default 6379 */
  readonly port?: number | undefined;
  /** Number of the database, as the original `reqrep` had it; instead of `connection`. @default 0 */
  readonly database?: number | undefined;
  /** A `Redis` to connect after, as the original `reqrep` had it; instead of `host` and `port`. */
  readonly client?: Redis | undefined;
  /** In front of every key. @default '' */
  readonly prefix?: string | undefined;
  /** ms a request may take unless the call says otherwise; `0` = no limit. @default 30_000 */
  readonly timeout?: number | undefined;
  /** Jobs that a handler runs at a time unless it says otherwise. @default 16 */
  readonly concurrency?: number | undefined;
  /** How often a job may be started before it is given up. @default 3 */
  readonly maxDeliveries?: number | undefined;
  /**
   * Whether a start fails with a `ConnectionFailedError` where Redis cannot be used: `true` = within 5 s, or that many ms; at once
   * where Redis refuses us until somebody changes something, such as the password.
   * @default false
   */
  readonly failFast?: boolean | number | undefined;
  /** ms without a sign of life after which a worker with no connection counts as dead. @default 5_000 */
  readonly lease?: number | undefined;
  /** ms after which a worker counts as dead although its connection stands. @default 60_000 */
  readonly stallLimit?: number | undefined;
  /** ms that running jobs get at shutdown; what is left goes back to its queue. @default 10_000 */
  readonly shutdownTimeout?: number | undefined;
  /** Requests that one client may have waiting; past it, a request fails at once. @default 100_000 */
  readonly maxPending?: number | undefined;
  /**
   * Bytes (UTF-16 units, to be exact) of the encoded jobs that one client may hold which Redis has not confirmed, as in an
   * outage; past it, a request or an emit fails at once with a `PendingLimitError`. At least `maxPayload`.
   * @default 268_435_456, or `maxPayload` where that is more
   */
  readonly maxPendingBytes?: number | undefined;
  /** Bytes of one encoded job or reply. @default 1_048_576 */
  readonly maxPayload?: number | undefined;
  /**
   * Classes of errors that come back as themselves, where both sides have them: with their message and with those of
   * their fields that can be written as JSON. They travel by the name of the class; their constructor is not called.
   * Any other error of a handler is a `RemoteError`; in an application of Nest an `HttpException` where it was one.
   * @default []
   */
  readonly errors?: readonly ErrorClass[] | undefined;
  /**
   * Headers of a job that a request sent inside its handler takes over, unless it has its own.
   * @default ['traceparent', 'tracestate', 'baggage']
   */
  readonly inheritedHeaders?: readonly string[] | undefined;
  /**
   * Gives headers for each request and emit of this instance, such as those of a trace that is kept by hand. It is called with the
   * name of the queue, in the async context of the call. The call's own headers go before them, and they before inherited ones. A header
   * of `undefined` is left out. Where it throws or returns something else, the call ends with an `InvalidOptionError`.
   */
  readonly outgoingHeaders?: OutgoingHeaders | undefined;
  /** Is called around each job that this instance runs: `(job, next) => next()`. See {@link AroundJob}. */
  readonly aroundJob?: AroundJob | undefined;
  /** Whether error frames carry the worker's stack. @default false */
  readonly exposeStack?: boolean | undefined;
}
