import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import type { ConnectionOption } from '../../../lib/redis/topology/connection-option.js';
import { connectionSource } from '../../../lib/redis/topology/connection-source.js';
import { refusalBy } from '../support/thrown-by.js';

const LAZY = { lazyConnect: true };
const SECRET = 'hunter2';

/** Passes a value that TypeScript would not allow. */
const sourceOf = (connection: unknown) => connectionSource(connection as ConnectionOption);

/** Mistaken names, and the advice in the message. */
const MISTAKES: readonly (readonly [name: string, advice: string])[] = [
  ['hots', 'did you mean `host`?'],
  ['Host', 'did you mean `host`?'],
  ['prot', 'did you mean `port`?'],
  ['pasword', 'did you mean `password`?'],
  ['user_name', 'did you mean `username`?'],
  ['user', 'did you mean `username`?'],
  ['tsl', 'did you mean `tls`?'],
  ['ssl', 'did you mean `tls`?'],
  ['database', 'did you mean `db`?'],
  ['hostname', 'did you mean `host`?'],
  ['sentinel', 'did you mean `sentinels`?'],
  ['conectTimeout', 'did you mean `connectTimeout`?'],
  ['url', 'pass the URL itself'],
  ['socket', '`socket` is an option of node-redis'],
];

describe('an option unknown to ioredis', () => {
  it.each(MISTAKES)('is refused with advice: %s', (name, advice) => {
    const value = name === 'socket' ? { host: SECRET } : SECRET;
    const refusals = [
      refusalBy(() => sourceOf({ [name]: value })),
      refusalBy(() => sourceOf({ host: 'redis.example', port: 6380, [name]: value })),
      refusalBy(() => sourceOf(new Redis({ ...LAZY, [name]: value }))),
      refusalBy(() => sourceOf(() => new Redis({ ...LAZY, [name]: value }))(LAZY)),
      refusalBy(() => sourceOf(`redis://redis.example?${name}=${SECRET}`)),
      refusalBy(() => sourceOf(`/run/redis.sock?${name}=${SECRET}`)),
    ];
    for (const error of refusals) {
      expect(error.option).toBe(`${name} of the connection`);
      expect(error.expected).toContain(advice);
      expect(inspect(error)).not.toContain(SECRET);
    }
  });

  it('is refused if nothing is similar, unless the application created the Redis', () => {
    const odd = { skipVersionCheck: true };
    expect(refusalBy(() => sourceOf(odd)).message).toBe(
      'Expected skipVersionCheck of the connection to be an option of ioredis, got an unknown name',
    );
    expect(() => sourceOf(new Redis({ ...LAZY, ...odd }))).not.toThrow();
    expect(() => sourceOf(() => new Redis({ ...LAZY, ...odd }))(LAZY)).not.toThrow();
  });

  it('is not named if it may be a part of a URL', () => {
    const error = refusalBy(() => sourceOf(`redis://joe:12?${SECRET}@redis.example`));
    expect(error.option).toBe('an option of the connection');
    expect(inspect(error)).not.toContain(SECRET);
  });

  it('may be undefined', () => {
    expect(() => sourceOf({ hots: undefined })).not.toThrow();
  });
});

describe('a URL object', () => {
  const url = 'rediss://joe:p%40ss@redis.example:6380/3?family=6';

  it.each<[string, unknown]>([
    ['ours', new URL(url)],
    ['of another realm', runInNewContext('new URL(url)', { URL, url })],
  ])('is accepted: %s', (_, connection) => {
    const { options } = sourceOf(connection)(LAZY);
    const expected = { host: 'redis.example', port: 6380, db: 3, username: 'joe', family: 6 };
    expect(options).toMatchObject({ ...expected, password: 'p@ss' });
    expect(options.tls).toBeTruthy();
  });

  it('of another protocol is refused', () => {
    const error = refusalBy(() => sourceOf(new URL(`http://:${SECRET}@redis.example`)));
    expect(error.received).toBe('another URL');
    expect(inspect(error)).not.toContain(SECRET);
  });
});

describe('a URL that ioredis would misread', () => {
  it.each<[string, string, string]>([
    [
      'port of the connection',
      `redis://joe:${SECRET}@localhost:63x79`,
      'an integer from 1 to 65535',
    ],
    ['port of the connection', 'redis://localhost:99999', 'an integer from 1 to 65535'],
    ['port of the connection', 'redis://localhost:0', 'an integer from 1 to 65535'],
    ['port of the connection', 'redis://localhost?port=0', 'an integer from 1 to 65535'],
    ['port of the connection', `redis://joe:${SECRET}/2@localhost:6379`, 'percent-encode'],
    ['port of the connection', 'redis://first:6379,second:6379', 'an integer from 1 to 65535'],
    ['connection', `redis://${SECRET}#1@localhost`, '`#`'],
    ['connection', `redis://joe:50%off${SECRET}@localhost`, 'percent-encode'],
    ['db of the connection', 'redis://localhost/x', 'a database number'],
    ['db of the connection', 'redis://localhost/3x', 'a database number'],
    ['db of the connection', 'redis://localhost/3/4', 'a database number'],
    ['db of the connection', 'redis://localhost/3?db=4', 'given once'],
    ['db of the connection', 'redis://localhost?db=x', 'a database number'],
    ['tls of the connection', 'redis://localhost?tls=false', 'leave it out to connect without TLS'],
  ])('is refused for its %s: %s', (option, url, said) => {
    const error = refusalBy(() => sourceOf(url));
    expect(error.option).toBe(option);
    expect(error.message).toContain(said);
    expect(inspect(error)).not.toContain(SECRET);
  });

  it.each(['redis://localhost/', 'redis://localhost:/3', 'redis://[::1]:6379', 'redis:///3'])(
    'is none of these: %s',
    (url) => {
      expect(() => sourceOf(url)).not.toThrow();
    },
  );
});
