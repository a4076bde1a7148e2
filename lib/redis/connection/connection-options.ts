import type { RedisOptions } from 'ioredis';

/** Wait before an attempt to reconnect, ms: short at first, then once a second. */
const reconnectDelay = (attempt: number): number => Math.min(50 * attempt, 1_000);

/** How long an attempt to connect may take. */
const CONNECT_TIMEOUT_MS = 10_000;

/** How long a Sentinel may take to answer. ioredis has no limit by default. */
const SENTINEL_TIMEOUT_MS = 5_000;

/** Options that ioredis 5 does not know. */
const SINCE_IOREDIS_6: object = {
  // Answers have the form of RESP2, whatever protocol the server uses.
  replyMapping: 'legacy',
  himportFieldsets: undefined,
};

/**
 * Options that the library overrides, because its connections depend on them. ioredis must not queue or repeat commands by itself: a
 * command that the connection could not finish fails at once, and its sender decides whether to repeat it. (With
 * `autoResendUnfulfilledCommands` off, ioredis fails commands in flight only by `maxRetriesPerRequest`.) All other options of ioredis
 * say where to connect, as which user, or under which name.
 */
export const CONNECTION_OPTIONS = {
  ...SINCE_IOREDIS_6,
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  maxRetriesPerRequest: 0,
  retryStrategy: reconnectDelay,
  // No timeouts of commands: only an answer or a lost connection tells whether a command was carried out.
  commandTimeout: undefined,
  blockingTimeout: undefined, // also disables `blockingTimeoutGrace`
  socketTimeout: undefined,
  connectTimeout: CONNECT_TIMEOUT_MS,
  // ioredis keeps the process alive for that long after a connection that was never made.
  disconnectTimeout: 500,
  noDelay: true,
  enableAutoPipelining: false,
  stringNumbers: false,
  monitor: false,
  readOnly: false,
  showFriendlyErrorStack: false,
  // The handshake checks that the server is ready: ioredis fails if INFO is refused, and checks the role only with Sentinel.
  enableReadyCheck: false,
  // Scripts of the application could replace commands that the library sends.
  scripts: undefined,
  role: 'master',
  sentinelRetryStrategy: reconnectDelay,
  // The library listens to Sentinels by itself: see `topology/failover-watch.ts`.
  failoverDetector: false,
  sentinelCommandTimeout: SENTINEL_TIMEOUT_MS,
} satisfies RedisOptions;
