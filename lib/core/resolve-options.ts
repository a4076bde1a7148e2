import { InvalidOptionError } from '../errors/index.js';
import {
  aBoolean,
  aDuration,
  aFunction,
  aName,
  anArrayOf,
  anInteger,
  aString,
  checkOptions,
  oneOf,
  type OptionRules,
} from '../options/option-rules.js';
import { isRecord } from '../errors/value-text.js';
import type { ErrorClass } from '../protocol/wire/error-class.js';
import { DEFAULT_SHARDS, MAX_SHARDS } from '../protocol/hash-slot.js';
import { clusterConfigOf, type ClusterConfig } from '../redis/topology/cluster-config.js';
import {
  connectionSource,
  isConnection,
  type ConnectionSource,
} from '../redis/topology/connection-source.js';
import { DEAD_LETTER_FAILURES, type DeadLetterFailures } from '../worker/dead-letter-failures.js';
import { MAX_CONCURRENCY } from '../worker/worker-options.js';
import { DEFAULT_FAIL_FAST_MS } from './fail-fast.js';
import { memoryUrlOf } from '../memory/open-memory.js';
import type { ReqRepOptions } from './options.js';

/** The options, checked and with all defaults. */
export type ResolvedOptions = typeof DEFAULTS & {
  /** Time for Redis to become usable before the start fails, ms; `0` = the start does not fail. */
  readonly failFast: number;
  /** Opens connections to Redis, or names a Cluster; a string is the `memory://` URL of a server in this process. */
  readonly source: ConnectionSource | ClusterConfig | string;
  /** Names these options in messages: `the options of createReqRep`. */
  readonly where: string;
} & Pick<ReqRepOptions, 'outgoingHeaders' | 'aroundJob' | 'telemetry'>;

const DEFAULTS = {
  prefix: '' as string,
  shards: DEFAULT_SHARDS as number,
  hotQueues: [] as readonly string[],
  timeout: 30_000 as number,
  concurrency: 16 as number,
  maxDeliveries: 3 as number,
  deadLetterFailures: 'emits' as DeadLetterFailures,
  maxDead: 10_000 as number,
  maxDeadBytes: 67_108_864 as number,
  lease: 5_000 as number,
  stallLimit: 60_000 as number,
  shutdownTimeout: 10_000 as number,
  maxPending: 100_000 as number,
  maxPendingBytes: 268_435_456 as number,
  maxPayload: 1_048_576 as number,
  exposeStack: false as boolean,
  errors: [] as readonly ErrorClass[],
  inheritedHeaders: ['traceparent', 'tracestate', 'baggage'] as readonly string[],
} as const;

/** Options that name the server, perhaps with its password: kept in `source` only, since the resolved options may be printed. */
const SERVER_OPTIONS = new Set(['connection', 'host', 'port', 'database', 'client']);

const DEFAULT_URL = 'redis://localhost:6379';

/** Whether a value is a class that extends `Error`, of this realm or another: each `Error.prototype` has a `message`. */
const isErrorClass = (value: unknown): boolean =>
  typeof value === 'function' &&
  value.name !== '' &&
  typeof value.prototype === 'object' &&
  typeof Object.getPrototypeOf(value.prototype)?.message === 'string';

const headerNames = anArrayOf('an array of header names', aName);

/** The methods of a {@link Telemetry}; each may be left out. */
const TELEMETRY_METHODS = ['callBegins', 'jobBegins', 'happened', 'opened'] as const;

const aTelemetry = {
  expected: `an object with some of the methods ${TELEMETRY_METHODS.join(', ')}, such as \`openTelemetry()\``,
  accepts: (value: unknown) =>
    isRecord(value) &&
    TELEMETRY_METHODS.some((name) => value[name] !== undefined) &&
    TELEMETRY_METHODS.every(
      (name) => value[name] === undefined || typeof value[name] === 'function',
    ),
};

const anErrorClass = {
  expected: 'a class that extends `Error`, with a name',
  accepts: isErrorClass,
};

/** Accepts any value: `connectionSource` checks the `connection`. */
const checkedElsewhere = { expected: 'anything', accepts: () => true };

/** The rules of all options. */
export const OPTION_RULES: OptionRules<ReqRepOptions> = {
  connection: checkedElsewhere,
  host: {
    expected: 'a host name or address, without a protocol',
    accepts: (value) => typeof value === 'string' && /^[^/@?]+$/.test(value),
    isSecret: true,
  },
  port: { ...anInteger(1, 65_535), isSecret: true },
  database: { ...anInteger(0), isSecret: true },
  client: {
    expected: 'an ioredis `Redis`',
    accepts: (value) => isConnection(value) && !value.isCluster,
    isSecret: true,
  },
  prefix: aString,
  shards: anInteger(1, MAX_SHARDS),
  hotQueues: anArrayOf('an array of names of queues', aName),
  errors: anArrayOf('an array of classes that extend `Error`, each with a name', anErrorClass),
  inheritedHeaders: headerNames,
  outgoingHeaders: aFunction,
  aroundJob: aFunction,
  telemetry: aTelemetry,
  timeout: aDuration(0),
  concurrency: anInteger(1, MAX_CONCURRENCY),
  maxDeliveries: anInteger(1),
  deadLetterFailures: oneOf(...DEAD_LETTER_FAILURES),
  maxDead: anInteger(1),
  maxDeadBytes: anInteger(1_024),
  failFast: {
    expected: `true, false or ${aDuration(1).expected}`,
    accepts: (value) => aBoolean.accepts(value) || aDuration(1).accepts(value),
  },
  lease: aDuration(100),
  stallLimit: aDuration(100),
  shutdownTimeout: aDuration(0),
  maxPending: anInteger(1),
  maxPendingBytes: anInteger(1_024),
  maxPayload: anInteger(1_024),
  exposeStack: aBoolean,
};

/**
 * Checks the options and fills in the defaults.
 * @param rules - {@link OPTION_RULES}, with the rules of further options that are allowed in the same object.
 * @param where - names the options in messages, such as `the options of createReqRep`.
 * @throws InvalidOptionError
 */
export function resolveOptions(
  options: ReqRepOptions,
  rules: OptionRules<ReqRepOptions>,
  where: string,
): ResolvedOptions {
  checkOptions(options, rules, where);
  const given = Object.fromEntries(
    Object.entries(options).filter(
      ([name, value]) =>
        value !== undefined && Object.hasOwn(OPTION_RULES, name) && !SERVER_OPTIONS.has(name),
    ),
  ) as Partial<typeof DEFAULTS>;
  const resolved = {
    ...DEFAULTS,
    stallLimit: Math.max(DEFAULTS.stallLimit, given.lease ?? 0),
    maxPendingBytes: Math.max(DEFAULTS.maxPendingBytes, given.maxPayload ?? 0),
    ...given,
  };
  checkCombinations(resolved, where);
  return { ...resolved, failFast: failFastOf(options), source: sourceOf(options, where), where };
}

/** Checks options that are valid on their own but may contradict each other. @throws InvalidOptionError */
function checkCombinations(
  { stallLimit, lease, maxPendingBytes, maxPayload, errors }: typeof DEFAULTS,
  where: string,
): void {
  if (stallLimit < lease) {
    throw new InvalidOptionError(
      `stallLimit in ${where}`,
      `at least the lease, ${lease} ms`,
      `\`${stallLimit}\` (number)`,
    );
  }
  if (maxPendingBytes < maxPayload) {
    throw new InvalidOptionError(
      `maxPendingBytes in ${where}`,
      `at least \`maxPayload\`, ${maxPayload} bytes`,
      `\`${maxPendingBytes}\` (number)`,
    );
  }
  const names = errors.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new InvalidOptionError(
      `errors in ${where}`,
      'classes with different names, because errors travel by the name of their class',
      `two classes named "${twice}"`,
    );
  }
}

function failFastOf({ failFast = false }: ReqRepOptions): number {
  return typeof failFast === 'number' ? failFast : failFast ? DEFAULT_FAIL_FAST_MS : 0;
}

/** Makes the source of connections. As in the original `reqrep`, `client` takes precedence over `host` and `port`. */
function sourceOf(options: ReqRepOptions, where: string): ResolvedOptions['source'] {
  const { connection, host, port, database, client } = options;
  const flat = Object.entries({ host, port, database, client }).filter(
    ([, value]) => value !== undefined,
  );
  if (connection !== undefined && flat.length > 0) {
    const names = flat.map(([name]) => name).join(', ');
    throw new InvalidOptionError(
      `connection in ${where}`,
      `left out where ${names} ${flat.length === 1 ? 'is' : 'are'} given, because both name the server`,
      'both',
    );
  }
  if (flat.length === 0) {
    return (
      memoryUrlOf(connection) ??
      clusterConfigOf(connection) ??
      connectionSource(connection === undefined ? DEFAULT_URL : connection)
    );
  }
  const source = connectionSource(client ?? { host, port });
  return database === undefined ? source : (overrides) => source({ ...overrides, db: database });
}
