import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import type { ConnectionOption } from '../../../lib/redis/topology/connection-option.js';
import { connectionSource } from '../../../lib/redis/topology/connection-source.js';
import { Connections } from '../../../lib/redis/connections.js';
import { serverName } from '../../../lib/redis/topology/server-name.js';
import { KeptLog } from '../support/kept-log.js';

const LAZY = { lazyConnect: true };
const SENTINELS = [{ host: 'first' }, { host: 'second', port: 26_380 }];

it.each<[string, ConnectionOption, string]>([
  ['nothing', {}, 'redis://localhost:6379/0'],
  ['a URL', 'redis://joe:secret@redis.example:6380/3', 'redis://redis.example:6380/3'],
  ['TLS by URL', 'rediss://:secret@redis.example', 'rediss://redis.example:6379/0'],
  ['TLS by options', { host: 'redis.example', tls: {} }, 'rediss://redis.example:6379/0'],
  ['an address of IPv6', 'redis://[::1]:6380', 'redis://[::1]:6380/0'],
  ['a socket', '/run/redis.sock', '/run/redis.sock?db=0'],
  ['a socket in options', { path: '/run/redis.sock', db: 2 }, '/run/redis.sock?db=2'],
  [
    'Sentinels',
    { sentinels: SENTINELS, name: 'main', db: 1, sentinelPassword: 'secret' },
    'redis+sentinel://first:26379,second:26380/main/1',
  ],
  ['a Redis', new Redis({ ...LAZY, port: 6380, password: 'secret' }), 'redis://localhost:6380/0'],
  [
    'a factory',
    () => new Redis({ ...LAZY, host: 'redis.example', db: 4 }),
    'redis://redis.example:6379/4',
  ],
])('a server is named without a password: %s', (_, connection, name) => {
  const source = connectionSource(connection);
  const redis = source(LAZY);
  expect(serverName(redis.options)).toBe(name);
  redis.disconnect();
  const connections = new Connections(source, 'test', new KeptLog());
  expect(connections.serverName).toBe(name);
  connections.close();
});
