import { Redis, type RedisOptions, type SentinelAddress } from 'ioredis';
import { Backoff } from '../../driver/backoff.js';
import type { Runtime, Timer } from '../../driver/runtime.js';
import { mappedBy } from './nat-map.js';
import { tlsFor } from './server-name-indication.js';

/** Channel on which a Sentinel tells that a primary has another address: `NAME OLD-HOST OLD-PORT NEW-HOST NEW-PORT`. */
const CHANNEL = '+switch-master';

const DEFAULT_SENTINEL_PORT = 26_379;

/** As in ioredis, where `sentinelMaxConnections` is not set. */
const MAX_SENTINELS = 10;

/** Maximum wait before a Sentinel that is away is tried again, ms. */
const LONGEST_RETRY_WAIT_MS = 5_000;

/** Time between two pings of a Sentinel, which may tell nothing for months. */
const PING_INTERVAL_MS = 10_000;

/**
 * Listens to the Sentinels of one primary, over a connection to each. The `failoverDetector` of ioredis ignores the name, so that it cuts
 * connections when any primary of these Sentinels has moved; and it throws while a Sentinel is away.
 */
export class FailoverWatch {
  private readonly sentinels: readonly WatchedSentinel[];

  /**
   * @param options - those of the connection to the primary.
   * @param onMove - is called with the new address of the primary, by each Sentinel that tells it.
   */
  constructor(options: RedisOptions, runtime: Runtime, onMove: (address: string) => void) {
    const { sentinels = [], sentinelMaxConnections = MAX_SENTINELS } = options;
    const onMessage = (message: string): void => {
      const [name, , , host = '', port = ''] = message.split(' ');
      if (name === options.name) {
        onMove(reachable(`${host}:${port}`, options));
      }
    };
    this.sentinels = sentinels
      .slice(0, sentinelMaxConnections)
      .map((address) => new WatchedSentinel(sentinelOptions(address, options), runtime, onMessage));
  }

  close(): void {
    this.sentinels.forEach((sentinel) => sentinel.close());
  }
}

/** One Sentinel, which is connected to again whenever the connection was lost. */
class WatchedSentinel {
  /** Private, so that `util.inspect` does not show the password. */
  readonly #redis: Redis;
  private readonly backoff: Backoff;
  private readonly pingTimer: Timer;
  private retryTimer: Timer | undefined;
  private isPinging = false;
  private isClosed = false;

  constructor(
    options: RedisOptions,
    private readonly runtime: Runtime,
    onMessage: (message: string) => void,
  ) {
    this.backoff = new Backoff(runtime);
    const redis = new Redis(options);
    this.#redis = redis;
    redis.on('error', () => redis.stream?.on('error', () => undefined)); // TLS may emit a second error
    redis.on('connect', () => redis.stream.unref());
    redis.on('ready', () => {
      this.backoff.reset();
      redis.subscribe(CHANNEL).catch(() => redis.disconnect());
    });
    redis.on('message', (_channel: string, message: string) => onMessage(message));
    redis.on('end', () => this.retry());
    this.pingTimer = runtime.setInterval(() => void this.ping(), PING_INTERVAL_MS).unref();
    this.connect();
  }

  close(): void {
    this.isClosed = true;
    this.runtime.clear(this.pingTimer);
    this.runtime.clear(this.retryTimer);
    this.#redis.disconnect();
  }

  private connect(): void {
    this.#redis.connect().catch(() => undefined); // `end` follows
  }

  private retry(): void {
    if (!this.isClosed) {
      const wait = this.backoff.next(LONGEST_RETRY_WAIT_MS);
      this.runtime.clear(this.retryTimer);
      this.retryTimer = this.runtime.setTimeout(() => this.connect(), wait).unref();
    }
  }

  /** Gives up a connection whose last ping was not answered. */
  private async ping(): Promise<void> {
    if (this.isPinging) {
      this.#redis.disconnect();
      this.#redis.stream?.destroy();
    } else if (this.#redis.status === 'ready') {
      this.isPinging = true;
      await this.#redis.ping().catch(() => undefined);
      this.isPinging = false;
    }
  }
}

/** @returns how a Sentinel is connected to: as ioredis does it to ask for the primary. */
function sentinelOptions(
  { host, port, family }: SentinelEndpoint,
  options: RedisOptions,
): RedisOptions {
  const { sentinelUsername, sentinelPassword, sentinelTLS, connectTimeout } = options;
  const familyOfAll = family ?? options.family;
  return {
    port: port ?? DEFAULT_SENTINEL_PORT,
    ...(host === undefined ? {} : { host }),
    ...(sentinelUsername ? { username: sentinelUsername } : {}),
    ...(sentinelPassword ? { password: sentinelPassword } : {}),
    ...(familyOfAll === undefined ? {} : { family: familyOfAll }),
    ...(sentinelTLS ? { tls: tlsFor(sentinelTLS, host) as typeof sentinelTLS } : {}),
    ...(connectTimeout === undefined ? {} : { connectTimeout }),
    connectionName: 'nestjs-reqrep:failovers',
    lazyConnect: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    autoResubscribe: false,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  };
}

type SentinelEndpoint = Partial<SentinelAddress> & Pick<RedisOptions, 'family'>;

/** @returns the address at which this process reaches a server. */
function reachable(address: string, { natMap }: RedisOptions): string {
  const mapped = mappedBy(natMap, address);
  return mapped ? `${mapped.host}:${mapped.port}` : address;
}
