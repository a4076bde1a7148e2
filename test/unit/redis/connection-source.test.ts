import { inspect } from 'node:util';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { CONNECTION_OPTIONS } from '../../../lib/redis/connection/connection-options.js';
import type { ConnectionOption } from '../../../lib/redis/topology/connection-option.js';
import { connectionSource } from '../../../lib/redis/topology/connection-source.js';
import { refusalBy } from '../support/thrown-by.js';

const LAZY = { lazyConnect: true } satisfies RedisOptions;

/** Passes a value that TypeScript would not allow. */
const sourceOf = (connection: unknown) => connectionSource(connection as ConnectionOption);

describe('a URL', () => {
  it('sets server and user', () => {
    const { options } = connectionSource('redis://user:p%40ss@redis.example:6380/3')(LAZY);
    expect(options).toMatchObject({
      host: 'redis.example',
      port: 6380,
      username: 'user',
      password: 'p@ss',
      db: 3,
    });
    expect(options.tls).toBeUndefined();
  });

  it('of rediss:// connects with TLS', () => {
    expect(connectionSource('rediss://redis.example')(LAZY).options.tls).toBeTruthy();
  });

  it('may be the path of a Unix socket with an `@` in it', () => {
    const path = '/run/redis@6379/redis.sock';
    expect(connectionSource(path)(LAZY).options.path).toBe(path);
    expect(connectionSource({ path })(LAZY).options.path).toBe(path);
  });

  it('may be the path of a Unix socket', () => {
    expect(connectionSource('/run/redis.sock')(LAZY).options.path).toBe('/run/redis.sock');
  });

  it('may have further options', () => {
    expect(connectionSource('redis://redis.example?family=6')(LAZY).options.family).toBe(6);
  });
});

describe('ioredis options', () => {
  it('apply to each connection', () => {
    const source = connectionSource({ host: 'redis.example', port: 6380, db: 3, password: 'p' });
    for (const redis of [source(LAZY), source(LAZY)]) {
      expect(redis.options).toMatchObject({
        host: 'redis.example',
        port: 6380,
        db: 3,
        password: 'p',
      });
    }
  });

  it('are not changed', () => {
    const options = Object.freeze({ host: 'redis.example', connectionName: 'theirs' });
    connectionSource(options)({ ...LAZY, connectionName: 'ours' });
    expect(options).toEqual({ host: 'redis.example', connectionName: 'theirs' });
  });
});

describe('a Redis', () => {
  it('is duplicated for each connection', () => {
    const given = new Redis({ ...LAZY, host: 'redis.example', port: 6380, db: 3, password: 'p' });
    const source = connectionSource(given);
    const made = [source(LAZY), source(LAZY)];
    expect(new Set([given, ...made]).size).toBe(3);
    for (const { options } of made) {
      expect(options).toEqual(given.options);
    }
  });

  it('is neither used, nor changed, nor closed', () => {
    const given = new Redis({ ...LAZY, host: 'redis.example', connectionName: 'theirs' });
    const before = { ...given.options };
    const made = connectionSource(given)({ ...LAZY, connectionName: 'ours', db: 5 });
    made.disconnect();
    expect(made.options).toMatchObject({ connectionName: 'ours', db: 5 });
    expect(given.options).toEqual(before);
    expect(given.status).toBe('wait');
    expect(given.eventNames()).toEqual([]);
  });
});

describe('a factory', () => {
  it('creates each connection', () => {
    const made: Redis[] = [];
    const source = connectionSource(() => {
      const redis = new Redis({ ...LAZY, host: 'redis.example', port: 6380 });
      made.push(redis);
      return redis;
    });
    expect(made).toEqual([]);
    const got = [source(LAZY), source(LAZY)];
    expect(got).toHaveLength(2);
    expect(got[0]).toBe(made[0]);
    expect(got[1]).toBe(made[1]);
  });

  it('must create another one each time', () => {
    const redis = new Redis(LAZY);
    const source = connectionSource(() => redis);
    source(LAZY);
    const error = refusalBy(() => source(LAZY));
    expect(error.option).toBe('connection');
    expect(error.received).toBe('a function that returned the same connection twice');
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['string', 'redis://redis.example'],
    ['object', { host: 'redis.example' }],
    ['object', Promise.resolve()],
  ])('must return a Redis, and not %s', (kind, value) => {
    const error = refusalBy(() => sourceOf(() => value)(LAZY));
    expect(error.option).toBe('connection');
    expect(error.received).toBe(`a function that returned ${kind}`);
  });

  it('rethrows what the function throws', () => {
    const reason = new RangeError('no Redis today');
    const source = connectionSource(() => {
      throw reason;
    });
    expect(() => source(LAZY)).toThrow(reason);
  });
});

describe('options that the library overrides', () => {
  const THEIRS = {
    connectionName: 'theirs',
    commandTimeout: 100,
    blockingTimeout: 100,
    socketTimeout: 100,
    maxRetriesPerRequest: 20,
    enableOfflineQueue: true,
    autoResendUnfulfilledCommands: true,
  } satisfies RedisOptions;
  const OURS = { ...CONNECTION_OPTIONS, connectionName: 'ours' } satisfies RedisOptions;
  const query = Object.entries(THEIRS)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');

  it.each<[string, ConnectionOption]>([
    ['options', { ...THEIRS, host: 'redis.example' }],
    ['a Redis', new Redis({ ...THEIRS, ...LAZY, host: 'redis.example' })],
    ['a factory', () => new Redis({ ...THEIRS, ...LAZY, host: 'redis.example' })],
    ['a URL', `redis://redis.example?${query}`],
  ])('win over those of the application, given by %s', (_, connection) => {
    const { options } = connectionSource(connection)(OURS);
    expect(options).toMatchObject(OURS);
    expect(options.host).toBe('redis.example');
  });
});

describe('an invalid connection', () => {
  it.each<[string, unknown, string]>([
    ['a number', 6379, 'a number'],
    ['a boolean', true, 'a boolean'],
    ['null', null, '`null`'],
    ['nothing', undefined, '`undefined`'],
    ['an empty text', '', 'another string'],
    ['a host', 'redis.example', 'another string'],
    ['a host and a port', 'redis.example:6379', 'another string'],
    ['a URL of another protocol', 'http://redis.example', 'another URL'],
    ['a URL without slashes', 'redis:localhost', 'another string'],
  ])('is refused at once: %s', (_, connection, received) => {
    const error = refusalBy(() => sourceOf(connection));
    expect(error.option).toBe('connection');
    expect(error.expected).toContain('a redis:// or rediss:// URL');
    expect(error.received).toBe(received);
  });

  it('is refused at once: a URL whose password is not encoded', () => {
    const error = refusalBy(() => sourceOf('redis://:50%off@redis.example'));
    expect(error.option).toBe('connection');
    expect(error.message).not.toContain('50%off');
  });

  it('is refused: a function that returns a Cluster', () => {
    const newCluster = () => new Cluster([{ host: 'redis.example', port: 6379 }], LAZY);
    expect(refusalBy(() => sourceOf(newCluster)(LAZY)).received).toContain('`Cluster`');
  });
});

describe('a secret in an invalid connection', () => {
  const SECRET = 'hunter2';

  it.each<[string, unknown]>([
    ['a URL of another protocol', `http://:${SECRET}@redis.example`],
    ['a URL without slashes', `redis:${SECRET}`],
    ['a URL that cannot be read', `redis://:${SECRET}@redis.example:port`],
    ['a password alone', SECRET],
    ['a host with a password in front', `:${SECRET}@redis.example`],
    ['a URL with a password as its query', `http://redis.example?password=${SECRET}`],
    ['a URL with a database that is none', `redis://redis.example/${SECRET}`],
    ['an array', [`redis://:${SECRET}@redis.example`]],
    ['a symbol', Symbol(SECRET)],
    ['a host that is a URL', { host: `redis://:${SECRET}@redis.example` }],
    ['a port that is a URL', { host: 'redis.example', port: `redis://:${SECRET}@redis.example` }],
    ['a database that is a URL', { db: `redis://:${SECRET}@redis.example` }],
    ['a path that is a URL', { path: `redis://:${SECRET}@redis.example` }],
    ['a path that is a URL without its protocol', { path: `//:${SECRET}@redis.example` }],
    ['a path that is what stands in a URL', { path: `/someone:${SECRET}@redis.example` }],
    ['a Sentinel that is a URL', { sentinels: [`redis://:${SECRET}@redis.example`] }],
    ['a host of a Sentinel', { sentinels: [{ host: `redis://:${SECRET}@h` }], name: 'main' }],
    ['a Redis with such a host', new Redis({ ...LAZY, host: `:${SECRET}@redis.example` })],
  ])('is never shown: %s', (_, connection) => {
    const error = refusalBy(() => sourceOf(connection));
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(SECRET);
  });
});

describe('a key prefix of ioredis', () => {
  const REDIS = { ...LAZY, keyPrefix: 'theirs:' };

  it.each<[string, () => unknown]>([
    ['options', () => sourceOf(REDIS)],
    ['a Redis', () => sourceOf(new Redis(REDIS))],
    ['a factory', () => sourceOf(() => new Redis(REDIS))(LAZY)],
    ['a URL', () => sourceOf('redis://redis.example?keyPrefix=theirs:')],
  ])('is refused, given by %s', (_, make) => {
    const error = refusalBy(() => void make());
    expect(error.option).toBe('keyPrefix of the connection');
    expect(error.expected).toContain('the option `prefix`');
  });

  it('may be empty', () => {
    expect(() => sourceOf({ ...LAZY, keyPrefix: '' })).not.toThrow();
  });
});

it('commands of the application do not replace those of the library', async () => {
  const scripts = { rpush: { lua: 'return 0', numberOfKeys: 1 } };
  const overrides = { ...LAZY, scripts: undefined };
  const plain = new Redis(LAZY);
  const sources = [
    sourceOf({ scripts }),
    sourceOf(new Redis({ ...LAZY, scripts })),
    sourceOf(() => new Redis({ ...LAZY, scripts })),
  ];
  for (const source of sources) {
    expect(source(overrides).rpush).toBe(plain.rpush);
  }
});
