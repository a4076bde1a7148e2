import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Redis, type RedisOptions } from 'ioredis';
import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { InvalidOptionError, OnJob } from '../../lib/index.js';
import { CONNECTION_OPTIONS } from '../../lib/redis/connection/connection-options.js';
import type { ConnectionOption } from '../../lib/redis/topology/connection-option.js';
import { checkOptionNames } from '../../lib/redis/topology/known-options.js';
import { startApp } from '../support/app.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

/** Shorter than anything takes here, ms. */
const HOSTILE_TIME = 50;
const JOB_TIME = 4 * HOSTILE_TIME;

/** What changes timing, retries, decoding or order, as nobody should set it; `undefined` where ioredis cannot be told worse. */
const HOSTILE: Readonly<Record<string, unknown>> = {
  autoPipeliningIgnoredCommands: ['info', 'blmove', 'evalsha'],
  autoResendUnfulfilledCommands: true,
  autoResubscribe: true,
  blockingTimeout: HOSTILE_TIME,
  blockingTimeoutGrace: 0,
  clientInfoTag: 'no good tag',
  commandQueue: false,
  commandTimeout: HOSTILE_TIME,
  connectTimeout: 1,
  connectionName: 'theirs',
  disableClientInfo: true,
  disconnectTimeout: 60_000,
  enableAutoPipelining: true,
  enableOfflineQueue: true,
  enableReadyCheck: true,
  failoverDetector: true,
  keepAlive: 1,
  keyPrefix: 'theirs:',
  lazyConnect: false,
  maxLoadingRetryTime: 1,
  maxRetriesPerRequest: null,
  monitor: true,
  noDelay: false,
  offlineQueue: false,
  protocol: 2,
  readOnly: true,
  reconnectOnError: () => 2,
  replyMapping: 'resp3',
  retryStrategy: () => null,
  role: 'slave',
  scripts: {
    info: { lua: `return 'role:slave'`, numberOfKeys: 0 },
    rpush: { lua: 'return 1', numberOfKeys: 1 },
    evalsha: { lua: 'return 1', numberOfKeys: 0 },
  },
  sentinelCommandTimeout: 1,
  sentinelMaxConnections: 0,
  sentinelReconnectStrategy: () => null,
  sentinelRetryStrategy: () => null,
  showFriendlyErrorStack: true,
  socketTimeout: HOSTILE_TIME,
  stringNumbers: true,
  updateSentinels: false,
};

/** What says where to connect, and as whom. */
const PLACE =
  'host port family path username password db tls Connector sentinels name natMap preferredSlaves sentinelUsername ' +
  'sentinelPassword sentinelTLS enableTLSForSentinelMode';

/** What is of no use to us, and is taken away (its commands need Redis 8.10). */
const REMOVED: readonly string[] = ['himportFieldsets'];

/** The options that the installed ioredis declares, and those that it has defaults for. */
function declaredOptions(): string[] {
  const require = createRequire(import.meta.url);
  const built = dirname(require.resolve('ioredis'));
  const { DEFAULT_REDIS_OPTIONS } = require(join(built, 'redis/RedisOptions.js')) as {
    DEFAULT_REDIS_OPTIONS: object;
  };
  const files = ['redis/RedisOptions', 'connectors/StandaloneConnector', 'utils/Commander'];
  const sources = [...files, 'connectors/SentinelConnector/index'].map((file) =>
    readFileSync(join(built, `${file}.d.ts`), 'utf8'),
  );
  const declared = sources
    .flatMap((source) => [
      ...source.matchAll(/(?:interface|type) \w*Options\b[^;{]*\{([^]*?)^\}/gm),
    ])
    .flatMap(([, body = '']) => [...body.matchAll(/^ {4}(\w+)\?: /gm)])
    .map(([, name = '']) => name);
  return [...new Set([...declared, ...Object.keys(DEFAULT_REDIS_OPTIONS)])].toSorted();
}

it('somebody has decided about each option of ioredis', () => {
  const names = declaredOptions();
  // That they are read at all.
  expect(names).toEqual(
    expect.arrayContaining(['commandTimeout', 'keyPrefix', 'role', 'disconnectTimeout', 'tls']),
  );
  const decided = new Set([...Object.keys(HOSTILE), ...PLACE.split(' '), ...REMOVED]);
  expect(names.filter((name) => !decided.has(name))).toEqual([]);
  expect(Object.keys(CONNECTION_OPTIONS).filter((name) => !decided.has(name))).toEqual([]);
  expect(() =>
    checkOptionNames(Object.fromEntries(names.map((name) => [name, true]))),
  ).not.toThrow();
});

/** Some forty applications at once may take their time on a machine that others use, too. */
const REQUEST = { timeout: 25_000 };

/** Asks a worker of an application with this connection while its connections are cut. @returns what became of it. */
async function ask(connection: ConnectionOption, cut: Promise<unknown>): Promise<unknown> {
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue)
    async run(data: unknown) {
      await delay(JOB_TIME);
      return data;
    }
  }
  try {
    const { client } = await startApp({ connection }, [Worker]);
    // The worker waits for longer than anything may take.
    await delay(JOB_TIME);
    const before = await firstValueFrom(client.send(queue, 1.5, REQUEST));
    const original = await firstValueFrom(client.send(queue, 2, { ...REQUEST, protocol: 1 }));
    const reply = firstValueFrom(client.send(queue, ['3'], REQUEST));
    await cut;
    return [before, original, await reply];
  } catch (error) {
    return error instanceof InvalidOptionError ? error.option : error;
  }
}

const ANSWERED = [1.5, 2, ['3']];

it.each<[string, (options: RedisOptions) => ConnectionOption, string[]]>([
  ['ioredis options', (options) => ({ host: '127.0.0.1', port: redis.port, ...options }), []],
  [
    'a Redis',
    // Made lazily: it is only a pattern.
    (options) => new Redis({ host: '127.0.0.1', port: redis.port, ...options, lazyConnect: true }),
    [],
  ],
  ['a factory', (options) => () => new Redis(redis.port, '127.0.0.1', options), []],
  [
    'a URL',
    (options) => {
      const query = Object.entries(options).map(([name, value]) => `${name}=${String(value)}`);
      return `${redis.url}?${query.join('&')}`;
    },
    Object.keys(HOSTILE).filter(
      (name) => typeof HOSTILE[name] === 'object' || typeof HOSTILE[name] === 'function',
    ),
  ],
])(
  'no option of ioredis breaks a promise, by %s',
  async (_, connectionOf, impossible) => {
    const names = Object.keys(HOSTILE).filter((name) => !impossible.includes(name));
    let cut = (): void => undefined;
    const isCut = new Promise<void>((resolve) => {
      cut = resolve;
    });
    const outcomes = new Map<string, unknown>();
    const asked = names.map(async (name) => {
      outcomes.set(name, await ask(connectionOf({ [name]: HOSTILE[name] }), isCut));
    });
    const all = Object.fromEntries(
      // ioredis itself refuses "resp3" with the other protocol.
      names
        .filter((name) => name !== 'keyPrefix' && name !== 'protocol')
        .map((name) => [name, HOSTILE[name]]),
    );
    asked.push(
      ask(connectionOf(all), isCut).then((outcome) => void outcomes.set('all together', outcome)),
    );
    // All are in the middle of their last job, or have been refused.
    await waitFor(async () => (await redis.look.keys('*active:*')).length >= 1, 20_000);
    await delay(5 * JOB_TIME);
    await redis.look.call('CLIENT', 'KILL', 'TYPE', 'normal');
    cut();
    await Promise.all(asked);
    const expected = names.map((name): [string, unknown] => [
      name,
      name === 'keyPrefix' ? 'keyPrefix of the connection' : ANSWERED,
    ]);
    expect(Object.fromEntries(outcomes)).toEqual(
      Object.fromEntries([...expected, ['all together', ANSWERED]]),
    );
  },
  60_000,
);
