import { Redis, type Cluster, type RedisOptions } from 'ioredis';
import { InvalidOptionError } from '../errors/index.js';

export type { Redis } from 'ioredis';

/** What may stand for a Redis server in the module's options. */
export type ConnectionOption = string | RedisOptions | Redis | Cluster | (() => Redis | Cluster);

/** Opens connections to one server, all alike but for the given overrides. */
export type ConnectionSource = (overrides: RedisOptions) => Redis;

/** @throws InvalidOptionError for what cannot be a connection; the text never shows a credential. */
export function connectionSource(connection: ConnectionOption): ConnectionSource {
  if (typeof connection === 'string') {
    checkUrl(connection);
    return (overrides) => {
      const redis = new Redis(connection, overrides);
      // ioredis lets what stands behind the `?` of a URL go before its options.
      return Object.assign(redis, { options: { ...redis.options, ...overrides } });
    };
  }
  if (typeof connection === 'function') {
    return fromFactory(connection);
  }
  if (typeof connection !== 'object' || connection === null || Array.isArray(connection)) {
    throw invalid(
      Array.isArray(connection) ? 'an array' : `\`${String(connection)}\` (${typeof connection})`,
    );
  }
  if (isConnection(connection)) {
    const redis = standalone(connection);
    return (overrides) => redis.duplicate(overrides);
  }
  return (overrides) => new Redis({ ...connection, ...overrides });
}

/** What a factory makes is ours to close, so that it has to make a new one for each connection. */
function fromFactory(factory: () => Redis | Cluster): ConnectionSource {
  const made = new WeakSet<Redis>();
  return (overrides) => {
    const redis: unknown = factory();
    if (!isConnection(redis)) {
      throw invalid(`a factory that returned ${redis === null ? 'null' : typeof redis}`);
    }
    const connection = standalone(redis);
    if (made.has(connection)) {
      throw invalid('a factory that returned one connection twice');
    }
    made.add(connection);
    Object.assign(connection.options, overrides);
    return connection;
  };
}

function checkUrl(url: string): void {
  if (!url.startsWith('/') && !(/^rediss?:\/\//.test(url) && canBeRead(url))) {
    throw invalid(`"${withoutCredentials(url)}"`);
  }
}

/** Whether ioredis can take it apart. */
function canBeRead(url: string): boolean {
  try {
    const { username, password } = new URL(url);
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

/** Everything before an `@` may be a user or a password, and so may be everything behind a `?`. */
function withoutCredentials(url: string): string {
  const at = url.lastIndexOf('@');
  const question = url.indexOf('?');
  if (at < 0) {
    return question < 0 ? url : url.slice(0, question);
  }
  return question < 0 || question > at ? `***@${url.slice(at + 1).split('?')[0]}` : '***';
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
    throw invalid('an ioredis `Cluster`, which this version does not support yet');
  }
  return connection as Redis;
}

function invalid(received: string): InvalidOptionError {
  return new InvalidOptionError(
    'connection',
    'a redis:// or rediss:// URL, the path of a socket, ioredis options, an ioredis `Redis`, ' +
      'or a function that returns a new `Redis` each time',
    received,
  );
}
