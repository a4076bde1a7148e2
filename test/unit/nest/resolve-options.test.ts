import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { Cluster, Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import type { ReqRepModuleOptions } from '../../../lib/nest/module/reqrep.options.js';
import {
  resolveModuleOptions,
  type ResolvedModuleOptions,
} from '../../../lib/nest/module/resolve-options.js';
import type { ConnectionSource } from '../../../lib/redis/topology/connection-source.js';
import { refusalBy } from '../support/thrown-by.js';

const LAZY = { lazyConnect: true };

class Declined extends Error {}

/** Resolves options of any type, as JavaScript may pass them. */
const resolve = (options: unknown): ResolvedModuleOptions =>
  resolveModuleOptions(options as ReqRepModuleOptions);

/** Returns the options with which connections to a Redis are opened. */
function sourceOf({ source }: ResolvedModuleOptions): ConnectionSource {
  if (typeof source !== 'function') {
    throw new Error(`Expected a Redis, got ${JSON.stringify(source)}`);
  }
  return source;
}

const connectionOptions = (options: ReqRepModuleOptions) =>
  sourceOf(resolveModuleOptions(options))(LAZY).options;

it.each<[ReqRepModuleOptions['connection'], string]>([
  ['memory://', 'memory://'],
  ['memory://Reports', 'memory://reports'],
  [new URL('memory://reports'), 'memory://reports'],
])('the connection %s is a server in this process', (connection, source) => {
  expect(resolveModuleOptions({ connection }).source).toBe(source);
});

describe('the defaults', () => {
  /** The defaults that are added to the given options. */
  const MADE = { source: expect.any(Function), where: 'the options of ReqRepModule' };

  const DEFAULTS = {
    prefix: '',
    shards: 16,
    hotQueues: [],
    errors: [],
    inheritedHeaders: ['traceparent', 'tracestate', 'baggage'],
    timeout: 30_000,
    concurrency: 16,
    maxDeliveries: 3,
    deadLetterFailures: 'emits',
    maxDead: 10_000,
    maxDeadBytes: 67_108_864,
    workers: true,
    lease: 5_000,
    stallLimit: 60_000,
    shutdownTimeout: 10_000,
    maxPending: 100_000,
    maxPendingBytes: 268_435_456,
    maxPayload: 1_048_576,
    globalEnhancers: false,
    exposeStack: false,
    failFast: 0,
  };

  it('apply without options', () => {
    expect(resolveModuleOptions({})).toEqual({ ...DEFAULTS, ...MADE });
  });

  it('apply to options that are `undefined`', () => {
    const names = [...Object.keys(DEFAULTS), 'connection', 'host', 'port', 'database', 'client'];
    const options = Object.fromEntries(names.map((name) => [name, undefined]));
    expect(resolve(options)).toEqual({ ...DEFAULTS, ...MADE });
  });

  it('are replaced one by one by the given options', () => {
    const said: ReqRepModuleOptions = {
      prefix: 'app:',
      shards: 8,
      hotQueues: ['reports'],
      errors: [Declined],
      inheritedHeaders: ['tenant'],
      timeout: 0,
      concurrency: 1,
      maxDeliveries: 1,
      deadLetterFailures: 'none',
      maxDead: 1,
      maxDeadBytes: 1_024,
      workers: 'manual',
      lease: 100,
      stallLimit: 100,
      shutdownTimeout: 0,
      maxPending: 1,
      maxPendingBytes: 1_024,
      maxPayload: 1_024,
      globalEnhancers: true,
      exposeStack: true,
      failFast: 1,
    };
    expect(resolveModuleOptions(said)).toEqual({ ...said, ...MADE });
    expect(resolveModuleOptions({ concurrency: 4 })).toMatchObject({ ...DEFAULTS, concurrency: 4 });
    expect(resolveModuleOptions({ workers: false })).toMatchObject({ ...DEFAULTS, workers: false });
    expect(resolveModuleOptions({ failFast: true })).toMatchObject({
      ...DEFAULTS,
      failFast: 5_000,
    });
    expect(resolveModuleOptions({ failFast: false })).toMatchObject(DEFAULTS);
  });
});

describe('a wrong option', () => {
  const DURATION = 'an integer from 0 to 2147483647 (ms)';
  const FAIL_FAST = 'true, false or an integer from 1 to 2147483647 (ms)';
  const LEASE = 'an integer from 100 to 2147483647 (ms)';
  const CLASSES = 'an array of classes that extend `Error`, each with a name';
  const CLASS = 'a class that extends `Error`, with a name';
  const POSITIVE = 'an integer >= 1';
  const CONCURRENCY = 'an integer from 1 to 10000';

  it.each<[string, unknown, string, string]>([
    ['host', '', 'a host name or address, without a protocol', 'a string'],
    ['host', 127, 'a host name or address, without a protocol', 'a number'],
    ['host', 'redis://:secret@h', 'a host name or address, without a protocol', 'a string'],
    ['port', 0, 'an integer from 1 to 65535', 'a number'],
    ['port', '6379', 'an integer from 1 to 65535', 'a string'],
    ['port', 'redis://:secret@h', 'an integer from 1 to 65535', 'a string'],
    ['database', -1, 'an integer >= 0', 'a number'],
    ['database', '0', 'an integer >= 0', 'a string'],
    ['database', 'redis://:secret@h', 'an integer >= 0', 'a string'],
    ['prefix', 5, 'a string', '`5` (number)'],
    ['prefix', null, 'a string', '`null`'],
    ['timeout', -1, DURATION, '`-1` (number)'],
    ['timeout', 1.5, DURATION, '`1.5` (number)'],
    ['timeout', '5s', DURATION, '"5s" (string)'],
    ['timeout', Infinity, DURATION, '`Infinity` (number)'],
    ['timeout', 2_147_483_648, DURATION, '`2147483648` (number)'],
    ['concurrency', 0, CONCURRENCY, '`0` (number)'],
    ['concurrency', NaN, CONCURRENCY, '`NaN` (number)'],
    ['concurrency', 10_001, CONCURRENCY, '`10001` (number)'],
    ['concurrency', [4], CONCURRENCY, 'an array'],
    ['maxDeliveries', 0, POSITIVE, '`0` (number)'],
    ['maxDeliveries', 2.5, POSITIVE, '`2.5` (number)'],
    ['workers', 'auto', 'true or false or "manual"', '"auto" (string)'],
    ['workers', 1, 'true or false or "manual"', '`1` (number)'],
    ['failFast', 0, FAIL_FAST, '`0` (number)'],
    ['failFast', '5s', FAIL_FAST, '"5s" (string)'],
    ['lease', 99, LEASE, '`99` (number)'],
    ['lease', 2_147_483_648, LEASE, '`2147483648` (number)'],
    ['stallLimit', 99, LEASE, '`99` (number)'],
    ['stallLimit', {}, LEASE, 'an object'],
    ['shutdownTimeout', -1, DURATION, '`-1` (number)'],
    ['shutdownTimeout', () => 1, DURATION, 'a function'],
    ['maxPending', 0, POSITIVE, '`0` (number)'],
    ['maxPending', 5n, POSITIVE, '`5` (bigint)'],
    ['maxPendingBytes', 1_023, 'an integer >= 1024', '`1023` (number)'],
    ['maxPendingBytes', '1mb', 'an integer >= 1024', '"1mb" (string)'],
    ['maxPayload', 1_023, 'an integer >= 1024', '`1023` (number)'],
    ['maxPayload', '1mb', 'an integer >= 1024', '"1mb" (string)'],
    ['globalEnhancers', 1, 'true or false', '`1` (number)'],
    ['errors', Error, CLASSES, 'a function'],
    ['errors[0]', [Object], CLASS, 'a function'],
    ['errors[1]', [Declined, () => new Error()], CLASS, 'a function'],
    ['errors[0]', [class extends Error {}], CLASS, 'a function'],
    ['inheritedHeaders', 'tenant', 'an array of header names', '"tenant" (string)'],
    ['inheritedHeaders[1]', ['a', ''], 'a non-empty string', '"" (string)'],
    ['exposeStack', 'yes', 'true or false', '"yes" (string)'],
    ['exposeStack', 0, 'true or false', '`0` (number)'],
  ])('is named with the expected and the received value: %s', (name, value, expected, received) => {
    const error = refusalBy(() => resolve({ [name.replace(/\[.*/, '')]: value }));
    expect(error).toMatchObject({
      option: `${name} in the options of ReqRepModule`,
      expected,
      received,
    });
    expect(error.message).toBe(`Expected ${error.option} to be ${expected}, got ${received}`);
  });

  it('is a list of errors with two classes of the same name', () => {
    const error = refusalBy(() =>
      resolve({ errors: [Declined, { Declined: class extends Error {} }.Declined] }),
    );
    expect(error.option).toBe('errors in the options of ReqRepModule');
    expect(error.received).toBe('two classes named "Declined"');
  });

  it('is a stall limit shorter than the lease', () => {
    const error = refusalBy(() => resolve({ lease: 5_000, stallLimit: 4_999 }));
    expect(error.option).toBe('stallLimit in the options of ReqRepModule');
    expect(error.expected).toContain('5000 ms');
    expect(error.received).toBe('`4999` (number)');
  });

  it('is a port out of range', () => {
    const error = refusalBy(() => resolve({ port: 65_536 }));
    expect(error.option).toBe('port in the options of ReqRepModule');
  });

  it('is an unknown option, whose value is not shown', () => {
    const error = refusalBy(() => resolve({ url: 'redis://:secret@redis.example' }));
    expect(error.option).toBe('url in the options of ReqRepModule');
    expect(error.expected).toContain(
      'connection, host, port, database, client, prefix, shards, hotQueues, errors',
    );
    expect(inspect(error)).not.toContain('secret');
  });

  it.each<[string, unknown, string]>([
    ['a number', 6379, 'a number'],
    ['null', null, '`null`'],
    ['a bad URL', 'redis.example:6379', 'another string'],
    ['a URL of another protocol', 'http://redis.example', 'another URL'],
  ])('is a connection that is %s', (_, connection, received) => {
    const error = refusalBy(() => resolve({ connection }));
    expect(error.option).toBe('connection');
    expect(error.expected).toContain('redis://');
    expect(error.received).toBe(received);
  });

  it.each(['memory:// ', 'memory:///', 'memory://a/b', 'memory://a@b', 'memory:'])(
    'is a wrong name of a server in this process: %j',
    (connection) => {
      expect(refusalBy(() => resolve({ connection })).option).toBe('connection');
    },
  );

  it('is a factory of connections that returns nothing, when it is called', () => {
    const source = sourceOf(resolve({ connection: () => undefined }));
    const error = refusalBy(() => source(LAZY));
    expect(error.option).toBe('connection');
    expect(error.received).toBe('a function that returned undefined');
  });
});

describe('a connection', () => {
  it('is to the local server by default', () => {
    expect(connectionOptions({})).toMatchObject({ host: 'localhost', port: 6379, db: 0 });
  });

  it('may be given as a URL', () => {
    expect(connectionOptions({ connection: 'redis://redis.example:6380/2' })).toMatchObject({
      host: 'redis.example',
      port: 6380,
      db: 2,
    });
    expect(connectionOptions({ connection: { host: 'redis.example' } })).toMatchObject({
      host: 'redis.example',
      port: 6379,
    });
  });

  it.each<[string, ReqRepModuleOptions]>([
    ['host', { host: 'redis.example' }],
    ['port', { port: 6380 }],
    ['database', { database: 0 }],
    ['client', { client: new Redis(LAZY) }],
    ['host, port', { host: 'redis.example', port: 6380, database: undefined }],
  ])('cannot be combined with %s', (names, flat) => {
    const error = refusalBy(() => resolve({ connection: 'redis://localhost', ...flat }));
    expect(error.option).toBe('connection in the options of ReqRepModule');
    expect(error.expected).toContain(`left out where ${names} `);
    expect(error.received).toBe('both');
  });
});

describe('the flat options', () => {
  it.each<[ReqRepModuleOptions, object]>([
    [{ host: 'redis.example' }, { host: 'redis.example', port: 6379, db: 0 }],
    [{ port: 6380 }, { host: 'localhost', port: 6380, db: 0 }],
    [{ database: 2 }, { host: 'localhost', port: 6379, db: 2 }],
    [
      { host: 'h', port: 1, database: 3 },
      { host: 'h', port: 1, db: 3 },
    ],
  ])('name the server: %o', (options, expected) => {
    expect(connectionOptions(options)).toMatchObject(expected);
  });

  const client = (): Redis =>
    new Redis({ ...LAZY, host: 'redis.example', port: 6380, db: 5, password: 'p' });

  it('may be a client whose settings are copied, which is neither used nor changed', () => {
    const given = client();
    const before = { ...given.options };
    const made = sourceOf(resolveModuleOptions({ client: given }))({
      ...LAZY,
      connectionName: 'ours',
    });
    expect(made).not.toBe(given);
    expect(made.options).toEqual({ ...before, connectionName: 'ours' });
    expect(given.options).toEqual(before);
    expect(given.status).toBe('wait');
  });

  it('prefer a client to host and port, and `database` to the database of the client', () => {
    const options = { client: client(), host: 'other.example', port: 1, database: 2 };
    expect(connectionOptions(options)).toMatchObject({
      host: 'redis.example',
      port: 6380,
      password: 'p',
      db: 2,
    });
  });

  it.each<[string, unknown]>([
    ['a number', 5],
    ['null', null],
    ['a URL', 'redis://redis.example'],
    ['an object', {}],
    ['ioredis options', { host: 'redis.example' }],
    ['a Cluster', new Cluster([{ host: 'redis.example', port: 6379 }], LAZY)],
  ])('reject a client that is %s', (_, wrong) => {
    expect(refusalBy(() => resolve({ client: wrong })).option).toMatch(/^(client|connection)\b/);
  });
});

describe('a password', () => {
  it.each([
    { connection: 'user:secret@redis.example' },
    { connection: ':secret@redis.example:6379' },
    { connection: 'http://user:secret@redis.example' },
    { connection: 'redis//:secret@redis.example' },
    { connection: 'redis//:secret@redis.example?password=secret' },
    { connection: 'http://redis.example?password=secret' },
    { connection: 'redis://:secret@redis.example:99999' },
    { connection: 'redis://user:secret@' },
    { connection: 'redis ://user:se@cret:secret@redis.example' },
    { connection: 'redis//user:secret#1@redis.example' },
    { connection: 'redis//user:secret/1@redis.example' },
    { connection: 'redis//user:secret?1@redis.example' },
    { connection: 'secret' },
    { connection: 'http:secret' },
    { client: 'redis://user:secret@redis.example' },
    { host: 'user:secret@redis.example' },
    { host: 'redis://:secret@redis.example' },
    { port: 'redis://:secret@redis.example' },
    { port: 'secret' },
    { database: 'redis://:secret@redis.example' },
    { database: ['secret'] },
  ])('is never shown by the error for %o', (options) => {
    const error = refusalBy(() => resolve(options));
    const shown = [
      error.message,
      String(error.stack),
      ...Object.values(error).map(String),
      JSON.stringify(error),
      inspect(error, { depth: null, showHidden: true }),
    ].join('\n');
    expect(shown).not.toContain('secret');
  });

  it.each<[string, ReqRepModuleOptions]>([
    ['a URL', { connection: 'redis://user:secret@redis.example' }],
    ['ioredis options', { connection: { password: 'secret' } }],
    ['a client', { client: new Redis({ ...LAZY, password: 'secret' }) }],
    ['a connection to connect after', { connection: new Redis({ ...LAZY, password: 'secret' }) }],
  ])('is not among the options that %s leads to', (_, options) => {
    const shown = inspect(resolveModuleOptions(options), { depth: null, showHidden: true });
    expect(shown).not.toContain('secret');
  });
});

it.each([
  [
    'a class of errors of another realm',
    runInNewContext('class Foreign extends Error {}; Foreign'),
  ],
  ['a class of errors', Declined],
])('%s is one of `errors`', (_, type) => {
  expect(resolve({ errors: [type] }).errors).toEqual([type]);
});

it.each([[class {}], [Error], [() => 1], ['Error']])('%s is none', (type) => {
  expect(refusalBy(() => resolve({ errors: [type] })).option).toContain('errors');
});
