import { Redis, type Cluster, type RedisOptions } from 'ioredis';
import { InvalidOptionError } from '../../errors/index.js';
import { isRecord, kindOf } from '../../errors/value-text.js';
import type { ConnectionOption } from './connection-option.js';
import { isRedisUrl } from './connection-url.js';
import { checkOptionNames } from './known-options.js';
import type { ClusterSlot } from './owner-connector.js';

/** Opens a connection to one server. All connections of a source are alike, except for the given overrides. */
export interface ConnectionSource {
  (overrides: RedisOptions): Redis;
  /** The slot of a Cluster whose owner they lead to; `undefined` for a server alone. */
  readonly clusterSlot?: ClusterSlot | undefined;
}

/**
 * Makes the source of connections that an application has configured.
 * @throws InvalidOptionError for a value that cannot be a connection. The message shows only the kind of the value, because the
 *   value may hold a password.
 */
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
    // ioredis gives the query of a URL precedence over its options.
    override(new Redis(url, overrides), overrides);
  const sample = source({ lazyConnect: true });
  sample.disconnect();
  checkNodeOptions(sample.options);
  return source;
}

/** Whether a value is a URL of any realm: the `URL` of a test runner may be another class than this one. */
export const isUrl = (value: unknown): value is URL =>
  Object.prototype.toString.call(value) === '[object URL]';

/** Makes a source of a factory. The library closes each connection by itself, so the factory must return a new one each time. */
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

/**
 * Checks a connection that a factory has returned.
 * @throws InvalidOptionError for a connection that cannot be used, which is closed, because nobody else will close it.
 */
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
    // ioredis has made each script of the application a method, which may hide a method that the library calls.
    for (const name of Object.keys(redis.options.scripts ?? {})) {
      Reflect.deleteProperty(redis, name);
      Reflect.deleteProperty(redis, `${name}Buffer`);
    }
  }
  // Changed in place, because the parts of the connection hold the same object.
  Object.assign(redis.options, overrides);
  return redis;
}

/** Whether a value is an integer in a range; as a text, as ioredis reads it from a URL, too. */
const isInRange = (value: unknown, least: number, most: number): boolean =>
  (typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value))) &&
  Number.isInteger(Number(value)) &&
  Number(value) >= least &&
  Number(value) <= most;

const isHost = (value: unknown): boolean => typeof value === 'string' && /^[^/@?\s]+$/.test(value);

const isPort = (value: unknown): boolean => isInRange(value, 1, 65_535);

/** Whether a value is the path of a file. The path may contain an `@`; with a colon, too, it may be a URL without its beginning. */
const isSocketPath = (value: unknown): boolean =>
  typeof value === 'string' &&
  !value.includes('://') &&
  (!value.includes('@') || /^\/[^/:][^:]*$/.test(value));

const isAddress = (value: unknown): boolean =>
  isRecord(value) &&
  (value['host'] === undefined || isHost(value['host'])) &&
  (value['port'] === undefined || isPort(value['port']));

/** Whether a value is an object of options, a boolean, or the name of a profile that ioredis has. */
const isTls = (value: unknown): boolean =>
  isRecord(value) ||
  typeof value === 'boolean' ||
  (typeof value === 'string' && /^(?:true|RedisCloud(?:Fixed|Flexible))$/.test(value));

/** Rules of options of ioredis: a wrong value would return in the errors of ioredis, with the password that it may hold. */
const RULES: readonly (readonly [
  name: keyof RedisOptions,
  expected: string,
  accepts: (value: unknown) => boolean,
])[] = [
  ['host', 'a host name or an IP address, without a protocol', isHost],
  ['port', 'an integer from 1 to 65535', isPort],
  ['path', 'the path of a Unix socket', isSocketPath],
  [
    'sentinels',
    'an array of addresses such as `{ host, port }`',
    (value) => Array.isArray(value) && value.every(isAddress),
  ],
  // Texts are accepted, because the query of a URL holds only texts.
  ['tls', 'an object of options, or `true` (leave it out to connect without TLS)', isTls],
  ['db', 'a database number', (value) => isInRange(value, 0, Number.MAX_SAFE_INTEGER)],
  [
    'keyPrefix',
    'left out: set the option `prefix` instead, which starts every key and channel',
    (value) => value === '',
  ],
];

/** @throws InvalidOptionError for an option that would break a guarantee of the library, or show up in an error of ioredis. */
function checkOptions(options: RedisOptions): void {
  if (options.sentinels && options.tls && !options.enableTLSForSentinelMode) {
    throw new InvalidOptionError(
      'enableTLSForSentinelMode of the connection',
      '`true` where `tls` is set next to `sentinels`: else ioredis connects to the primary without TLS (`sentinelTLS` is for the Sentinels)',
      kindOf(options.enableTLSForSentinelMode),
    );
  }
  for (const [name, expected, accepts] of RULES) {
    const value: unknown = options[name];
    if (value !== undefined && value !== null && !accepts(value)) {
      throw new InvalidOptionError(`${name} of the connection`, expected, kindOf(value));
    }
  }
}

/** Whether a value has the shape of a connection: the application's ioredis may be another copy than that of the library. */
export function isConnection(value: unknown): value is Redis | Cluster {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<Redis>).duplicate === 'function' &&
    typeof (value as Partial<Redis>).defineCommand === 'function'
  );
}

/** @throws InvalidOptionError for a `Cluster`, or for options that the library cannot work with. */
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
