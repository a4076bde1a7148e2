import type { OutgoingHeaders } from '../client/calls/outgoing-headers.js';
import type { ErrorClass } from '../protocol/wire/error-class.js';
import type { ConnectionOption, Redis } from '../redis/topology/connection-option.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import type { DeadLetterFailures } from '../worker/dead-letter-failures.js';
import type { JobContext } from '../worker/running/job-context.js';

/**
 * Is called around each job: guards, interceptors and the handler run inside of it, and so does a stream until its end. It calls `next`
 * once, in the async context that the job is to have.
 *
 * The promise that `next` returns resolves with the reply when the job has ended, with `undefined` at the end of a stream. It rejects
 * with the error that ended the job, or with the reason of `job.signal`.
 *
 * An error thrown before the call of `next` ends the job, which is not run. The hook changes no reply: what it returns is ignored.
 *
 * @example
 * ```ts
 * aroundJob: (job, next) => traces.run({ traceparent: job.headers['traceparent'] }, next)
 * ```
 */
export type AroundJob = (job: JobContext, next: () => Promise<unknown>) => unknown;

/** The options of one instance, with Nest and without it. Each has a default. */
export interface ReqRepOptions {
  /**
   * The Redis server: a URL, options of ioredis, a `Redis` of ioredis, or a function that returns one. See {@link ConnectionOption}. A name
   * that ioredis does not know is refused, in options and after the `?` of a URL.
   *
   * `memory://` needs no Redis, for tests and a first try: the process keeps all queues. Applications of one process share the queues of
   * `memory://name` as long as one of them runs.
   * @default 'redis://localhost:6379'
   */
  readonly connection?: ConnectionOption | undefined;
  /** The host of the server, as in the original `reqrep`; in place of `connection`. @default 'localhost' */
  readonly host?: string | undefined;
  /** The port of the server, as in the original `reqrep`; in place of `connection`. @default 6379 */
  readonly port?: number | undefined;
  /** The number of the database, as in the original `reqrep`; in place of `connection`. @default 0 */
  readonly database?: number | undefined;
  /** A `Redis` of ioredis whose options are taken over, as in the original `reqrep`; in place of `host` and `port`. */
  readonly client?: Redis | undefined;
  /** A text in front of every key and channel in Redis. Applications with different prefixes do not see each other. @default '' */
  readonly prefix?: string | undefined;
  /**
   * On a Redis Cluster, how many shards the queues are spread over, 1 to 1 024; each queue is in one of them. All processes need the same
   * number: the first writes it into the Cluster, and one with another number is refused. Without a Cluster there is one shard.
   * @default 16
   */
  readonly shards?: number | undefined;
  /**
   * On a Redis Cluster, the queues that are in all shards, because one server would be too slow for them. The jobs of such a queue keep
   * their order within a shard only. Workers of such a queue need it in their list: without it they do not start. So give it to the
   * workers first, then to the requesters.
   * @default []
   */
  readonly hotQueues?: readonly string[] | undefined;
  /** The time in ms that a request may take, unless the call says otherwise. `0` = no limit. @default 30_000 */
  readonly timeout?: number | undefined;
  /** Maximum number of jobs that a handler runs at a time, unless the handler has an option of its own. 1 to 10 000. @default 16 */
  readonly concurrency?: number | undefined;
  /**
   * Maximum number of times that workers start a job before it becomes a dead letter, unless the handler or the call has an option of its
   * own.
   * @default 3
   */
  readonly maxDeliveries?: number | undefined;
  /**
   * Which jobs become dead letters with the reason `failed` where their handler throws, unless the handler has an option of its own:
   * `emits`, because nobody else hears of their errors, `all`, requests as well, or `none`.
   * @default 'emits'
   */
  readonly deadLetterFailures?: DeadLetterFailures | undefined;
  /** Maximum number of dead letters of one queue. Beyond, the oldest are removed. At least 1. @default 10_000 */
  readonly maxDead?: number | undefined;
  /**
   * Maximum bytes of the dead letters of one queue together. Beyond, the oldest are removed; the newest is kept, however long it is.
   * @default 67_108_864
   */
  readonly maxDeadBytes?: number | undefined;
  /**
   * Whether a start fails with a {@link ConnectionFailedError} where Redis cannot be used: `true` = within 5 s, a number = within so many
   * ms. It fails at once where Redis refuses the application until somebody changes something, such as the password.
   * @default false
   */
  readonly failFast?: boolean | number | undefined;
  /** The time in ms after which a worker counts as lost that has no connection and has not renewed its lease. @default 5_000 */
  readonly lease?: number | undefined;
  /** The time in ms after which a worker counts as lost that has a connection and has not renewed its lease. @default 60_000 */
  readonly stallLimit?: number | undefined;
  /** The time in ms that running jobs have to end when workers stop. Other jobs go back to their queue. @default 10_000 */
  readonly shutdownTimeout?: number | undefined;
  /** Maximum number of waiting requests and emits of one client. Beyond, a call fails at once with a {@link PendingLimitError}. @default 100_000 */
  readonly maxPending?: number | undefined;
  /**
   * Maximum bytes (UTF-16 code units, to be exact) of encoded jobs that one client holds until Redis confirms them, such as in an outage.
   * Beyond, a call fails at once with a {@link PendingLimitError}. At least `maxPayload`.
   * @default 268_435_456, or `maxPayload` where that is more
   */
  readonly maxPendingBytes?: number | undefined;
  /** The size in bytes that one encoded job or reply may have. Beyond, it fails with a {@link PayloadTooLargeError}. @default 1_048_576 */
  readonly maxPayload?: number | undefined;
  /**
   * Classes of errors that come back to callers as themselves, where both sides list them: with their message and the fields that JSON
   * can write. An error travels by the name of its class, whose constructor is not called. Any other error of a handler comes back as a
   * {@link RemoteError}; in an application of Nest an `HttpException` comes back as one.
   * @default []
   */
  readonly errors?: readonly ErrorClass[] | undefined;
  /**
   * Headers of a job that requests and emits of its handler inherit, unless the call has headers of the same name.
   * @default ['traceparent', 'tracestate', 'baggage']
   */
  readonly inheritedHeaders?: readonly string[] | undefined;
  /**
   * Returns headers for each request and emit of the instance, such as those of a trace that the application keeps. Headers of the call
   * go before them, and they go before inherited headers. Where the function throws or returns anything but an object of texts, the call
   * ends with an {@link InvalidOptionError}.
   */
  readonly outgoingHeaders?: OutgoingHeaders | undefined;
  /** Is called around each job that the instance runs. @default (job, next) => next() */
  readonly aroundJob?: AroundJob | undefined;
  /** Listens to calls, jobs and what operators count, such as `openTelemetry()` of `nestjs-reqrep/opentelemetry`. */
  readonly telemetry?: Telemetry | undefined;
  /** Whether errors travel with the stack of the worker. @default false */
  readonly exposeStack?: boolean | undefined;
}
