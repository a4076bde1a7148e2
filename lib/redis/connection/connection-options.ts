import type { RedisOptions } from 'ioredis';

/** Waits between attempts to reconnect, ms: soon at first, then once a second for as long as it takes. */
const reconnectDelay = (attempt: number): number => Math.min(50 * attempt, 1_000);

/** How long a connection may take to be made, ms. */
const CONNECT_TIMEOUT_MS = 10_000;

/** How long a Sentinel may take to answer, ms: by itself ioredis waits for one for ever. */
const SENTINEL_TIMEOUT_MS = 5_000;

/** Options that ioredis 5 does not know. */
const SINCE_IOREDIS_6: object = {
  // Answers are read as those of RESP2, whatever the server speaks.
  replyMapping: 'legacy',
  himportFieldsets: undefined,
};

/**
 * What our connections need, whatever the application sets for its own. Nothing is queued or sent twice behind
 * our back: a command that the connection could not finish fails at once, and its sender knows whether to repeat
 * it. (With `autoResendUnfulfilledCommands` off, ioredis fails commands in flight only by way of
 * `maxRetriesPerRequest`.) Whatever else ioredis can be told says where to connect, as whom, or how to be seen.
 */
export const CONNECTION_OPTIONS = {
  ...SINCE_IOREDIS_6,
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  maxRetriesPerRequest: 0,
  retryStrategy: reconnectDelay,
  // A command that was sent has an answer, or its connection is lost: nothing else says what became of it.
  commandTimeout: undefined,
  blockingTimeout: undefined, // without which `blockingTimeoutGrace` says nothing
  socketTimeout: undefined,
  connectTimeout: CONNECT_TIMEOUT_MS,
  // ioredis holds the process for that long after a connection that was never made.
  disconnectTimeout: 500,
  noDelay: true,
  enableAutoPipelining: false,
  stringNumbers: false,
  monitor: false,
  readOnly: false,
  showFriendlyErrorStack: false,
  // Whether the server is ready is asked by us: ioredis gives up where INFO is refused, and knows no role without Sentinel.
  enableReadyCheck: false,
  // Commands of the application's own might take the names of those that we send.
  scripts: undefined,
  role: 'master',
  sentinelRetryStrategy: reconnectDelay,
  sentinelCommandTimeout: SENTINEL_TIMEOUT_MS,
} satisfies RedisOptions;
