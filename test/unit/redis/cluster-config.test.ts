import { Cluster, Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../../../lib/errors/index.js';
import { clusterConfigOf, type ClusterConfig } from '../../../lib/redis/topology/cluster-config.js';
import type { ConnectionOption } from '../../../lib/redis/topology/connection-option.js';

const [ONE, TWO] = [
  { host: 'one', port: 7_001 },
  { host: 'two', port: 6_379 },
];

/** Reads a connection of any type, as JavaScript may pass it. */
const read = (connection: unknown): ClusterConfig | undefined =>
  clusterConfigOf(connection as ConnectionOption);

function refusalOf(connection: unknown): InvalidOptionError {
  try {
    read(connection);
  } catch (error) {
    if (error instanceof InvalidOptionError) {
      return error;
    }
    throw error;
  }
  throw new Error('Not refused');
}

it.each<[string, ConnectionOption, object]>([
  ['a URL', 'redis+cluster://one:7001,two', {}],
  ['a URL with a slash at its end', 'redis+cluster://one:7001,two/', {}],
  [
    'a URL with a user',
    'redis+cluster://ann:p%40ss@one:7001,two',
    { username: 'ann', password: 'p@ss' },
  ],
  ['a URL with a password', 'redis+cluster://:secret@one:7001,two', { password: 'secret' }],
  ['a URL with TLS', 'rediss+cluster://one:7001,two', { tls: {} }],
  ['addresses', { nodes: [ONE, TWO] }, {}],
  ['texts', { nodes: ['one:7001', 'redis://two'] }, {}],
  ['options', { nodes: [ONE, TWO], redisOptions: { username: 'ann' } }, { username: 'ann' }],
  [
    'a URL of a node with a password',
    { nodes: ['redis://:secret@one:7001', TWO] },
    { password: 'secret' },
  ],
  [
    'a Cluster',
    new Cluster([ONE, TWO], { lazyConnect: true, redisOptions: { password: 'secret' } }),
    { password: 'secret' },
  ],
])('is named by %s', (_, connection, nodeOptions) => {
  const config = clusterConfigOf(connection);
  expect(config?.nodes).toEqual([ONE, TWO]);
  expect(config?.nodeOptions).toEqual(nodeOptions);
  const scheme = 'tls' in nodeOptions ? 'rediss' : 'redis';
  expect(config?.name).toBe(`${scheme}+cluster://one:7001,two:6379`);
});

it('can be named by a URL object, which has room for one node', () => {
  expect(clusterConfigOf(new URL('redis+cluster://one:7001'))?.nodes).toEqual([ONE]);
});

it.each([
  ['a port', 7_001, '127.0.0.1', 7_001],
  ['a port as a text', '7001', '127.0.0.1', 7_001],
  ['an IPv6 address', '[::1]:7001', '::1', 7_001],
  ['a URL with an IPv6 address', 'redis://[::1]:7001', '::1', 7_001],
  ['a host', { host: 'one' }, 'one', 6_379],
])('a node can be %s', (_, node, host, port) => {
  expect(read({ nodes: [node] })?.nodes).toEqual([{ host, port }]);
});

it.each([
  ['nothing', undefined],
  ['a URL of one server', 'redis://one:7001'],
  ['memory', 'memory://'],
  ['options of one server', { host: 'one' }],
  ['a Redis', new Redis({ lazyConnect: true })],
  ['a function', () => new Redis({ lazyConnect: true })],
])('is not named by %s', (_, connection) => {
  expect(read(connection)).toBeUndefined();
});

describe('is refused', () => {
  const SECRET = 'hunter2';

  it.each([
    ['a URL with a database', `redis+cluster://:${SECRET}@one/2`],
    ['a URL with a query', `redis+cluster://:${SECRET}@one?db=1`],
    ['a URL with a password that is not encoded', `redis+cluster://:${SECRET}%@one`],
    ['a URL without a node', `redis+cluster://:${SECRET}@`],
    ['a URL with a wrong port', `redis+cluster://:${SECRET}@one:70000`],
    ['no nodes', { nodes: [] }],
    ['nodes that are no array', { nodes: `redis://:${SECRET}@one` }],
    ['a node that is no address', { nodes: [`http://:${SECRET}@one`] }],
    ['a node with a wrong port', { nodes: [{ host: 'one', port: -1 }] }],
    ['a key prefix', { nodes: [ONE], redisOptions: { keyPrefix: SECRET } }],
    ['an unknown option of ioredis', { nodes: [ONE], redisOptions: { passwort: SECRET } }],
    ['SRV records', { nodes: [ONE], useSRVRecords: true }],
  ])('%s', (_, connection) => {
    const error = refusalOf(connection);
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).not.toContain(SECRET);
  });
});
