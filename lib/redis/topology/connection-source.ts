import { Redis, type Cluster, type RedisOptions } from 'ioredis';
import { InvalidOptionError } from '../../errors/index.js';
import { isRecord, kindOf } from '../../errors/value-text.js';
import type { ConnectionOption } from './connection-option.js';
import { isRedisUrl } from './connection-url.js';
import { checkOptionNames } from './known-options.js';
import type { ClusterSlot } from './owner-connector.js';

/** Opens connections to one server, all alike but for the given overrides. */
export interface ConnectionSource {
  (overrides: RedisOptions): Redis;
  /** The slot of a Cluster whose owner they lead to; `undefined` for a server alone. */
  readonly clusterSlot?: ClusterSlot | undefined;
}

/** @throws InvalidOptionError for what cannot be a connection; the text shows the kind of what came, which may hold a password. */
export function connectionSource(connection: ConnectionOption): ConnectionSource {
  if (typeof connection === 'string') {
    return fromUrl(connection);
  }
  if (isUrl(connection)) {
    return fromUrl(connection.href);
  }
  if (typeof connection === 'function') {
    return fromFactory(connection);
  }
  if (typeof connection !== 'object' || connection === null || Array.isArray(connection)) {
    throw invalid(kindOf(connection));
  }
  if (isConnection(connection)) {
    const redis = standalone(connection);
    return (overrides) => redis.duplicate(overrides);
  }
  const options = connection as RedisOptions;
  checkNodeOptions(options);
  return (overrides) => new Redis({ ...options, ...overrides });
}

/** @throws InvalidOptionError for an unknown or wrong option of the connection to one server. */
export function checkNodeOptions(options: RedisOptions): void {
  checkOptionNames(options);
  checkOptions(options);
}

function fromUrl(url: string): ConnectionSource {
  if (!url.startsWith('/') && !isRedisUrl(url)) {
    throw invalid(/^[a-z][a-z+.-]*:\/\//i.test(url) ? 'another URL' : 'another string');
  }
  const source: ConnectionSource = (overrides) =>
    // ioredis lets what stands behind the `?` of a URL go before its options.
    override(new Redis(url, overrides), overrides);
  const sample = source({ lazyConnect: true });
  sample.disconnect();
  checkNodeOptions(sample.options);
  return source;
}

/** By kind, since that of a test runner may be another class than ours. */
export const isUrl = (value: unknown): value is URL =>
  Object.prototype.toString.call(value) === '[object URL]';

/** What a factory makes is ours to close, so that it has to make a new one for each connection. */
function fromFactory(factory: () => Redis): ConnectionSource {
  const made = new WeakSet<Redis>();
  return (overrides) => {
    const redis: unknown = factory();
    if (!isConnection(redis)) {
      throw invalid(`a function that returned ${redis === null ? 'null' : typeof redis}`);
    }
    const connection = usable(redis);
    if (made.has(connection)) {
      throw invalid('a function that returned the same connection twice');
    }
    made.add(connection);
    return override(connection, overrides);
  };
}

/** @throws what makes it unusable. It is closed then, since nobody else will. */
function usable(redis: Redis | Cluster): Redis {
  try {
    return standalone(redis);
  } catch (error) {
    redis.on('error', () => undefined);
    redis.disconnect();
    throw error;
  }
}

/** Sets options of a connection that has been made. */
function override(redis: Redis, overrides: RedisOptions): Redis {
  if ('scripts' in overrides) {
    // Each is a method of its own by now, which may hide one that we call.
    for (const name of Object.keys(redis.options.scripts ?? {})) {
      Reflect.deleteProperty(redis, name);
      Reflect.deleteProperty(redis, `${name}Buffer`);
    }
  }
  // Its parts hold this object, too.
  Object.assign(redis.options, overrides);
  return redis;
}

/** Whether a text, or what is taken for one, is a number in a range. */
const isInRange = (value: unknown, most: number): boolean =>
  (typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value))) &&
  Number.isInteger(Number(value)) &&
  Number(value) >= 0 &&
  Number(value) <= most;

const isHost = (value: unknown): boolean => typeof value === 'string' && /^[^/@?\s]+$/.test(value);

const isPort = (value: unknown): boolean => isInRange(value, 65_535);

/** The path of a file may have an `@` in it, but what has a colon as well may be a URL without its beginning. */
const isSocketPath = (value: unknown): boolean =>
  typeof value === 'string' &&
  !value.includes('://') &&
  (!value.includes('@') || /^\/[^/:][^:]*$/.test(value));

const isAddress = (value: unknown): boolean =>
  isRecord(value) &&
  (value['host'] === undefined || isHost(value['host'])) &&
  (value['port'] === undefined || isPort(value['port']));

/** Profiles that ioredis has by name. */
const isTls = (value: unknown): boolean =>
  isRecord(value) ||
  typeof value === 'boolean' ||
  (typeof value === 'string' && /^(?:true|RedisCloud(?:Fixed|Flexible))$/.test(value));

/** What options of ioredis have to be: a wrong one would come back in its errors, with the password that it may hold. */
const RULES: readonly (readonly [
  name: keyof RedisOptions,
  expected: string,
  accepts: (value: unknown) => boolean,
])[] = [
  ['host', 'a host name or an IP address, without a protocol', isHost],
  ['port', 'a port number', isPort],
  ['path', 'the path of a Unix socket', isSocketPath],
  [
    'sentinels',
    'an array of addresses such as `{ host, port }`',
    (value) => Array.isArray(value) && value.every(isAddress),
  ],
  // As a text only a URL can have it.
  ['tls', 'an object of options, or `true` (leave it out to connect without TLS)', isTls],
  ['db', 'a database number', (value) => isInRange(value, Number.MAX_SAFE_INTEGER)],
  [
    'keyPrefix',
    'left out: set the option `prefix` instead, which starts every key and channel',
    (value) => value === '',
  ],
];

/** @throws InvalidOptionError for what would break a promise, or come back in an error of ioredis. */
function checkOptions(options: RedisOptions): void {
  for (const [name, expected, accepts] of RULES) {
    const value: unknown = options[name];
    if (value !== undefined && value !== null && !accepts(value)) {
      throw new InvalidOptionError(`${name} of the connection`, expected, kindOf(value));
    }
  }
}

/** By shape, since the application's ioredis may be another copy than ours. */
export function isConnection(value: unknown): value is Redis | Cluster {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<Redis>).duplicate === 'function' &&
    typeof (value as Partial<Redis>).defineCommand === 'function'
  );
}

function standalone(connection: Redis | Cluster): Redis {
  if (connection.isCluster) {
    throw invalid('a function that returned an ioredis `Cluster` (pass the `Cluster` itself)');
  }
  const options = connection.options as RedisOptions;
  checkOptionNames(options, true);
  checkOptions(options);
  return connection as Redis;
}

function invalid(received: string): InvalidOptionError {
  return new InvalidOptionError(
    'connection',
    'a redis:// or rediss:// URL, `memory://` for tests, the path of a Unix socket, ioredis options, ' +
      'an ioredis `Redis` or `Cluster`, a redis+cluster:// URL, or a function that returns a new `Redis` each time',
    received,
  );
}
