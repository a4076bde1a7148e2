import { Redis, type RedisOptions } from 'ioredis';
import { InvalidOptionError } from '../../errors/index.js';
import { nearestName } from '../../options/nearest-name.js';
import { mayHoldSecret } from '../../errors/value-text.js';

/** Options of ioredis 5 and 6. An option of the version that is not installed does no harm. */
const IOREDIS_OPTIONS = `
  Connector host port path family username password db tls
  sentinels name role natMap preferredSlaves sentinelUsername sentinelPassword sentinelTLS enableTLSForSentinelMode
  sentinelRetryStrategy sentinelReconnectStrategy sentinelCommandTimeout sentinelMaxConnections updateSentinels
  failoverDetector connectionName clientInfoTag disableClientInfo lazyConnect connectTimeout disconnectTimeout
  commandTimeout socketTimeout blockingTimeout blockingTimeoutGrace keepAlive noDelay retryStrategy reconnectOnError
  maxRetriesPerRequest maxLoadingRetryTime enableReadyCheck enableOfflineQueue offlineQueue commandQueue
  autoResubscribe autoResendUnfulfilledCommands enableAutoPipelining autoPipeliningIgnoredCommands keyPrefix
  readOnly monitor stringNumbers showFriendlyErrorStack scripts protocol replyMapping himportFieldsets
`;

/** Common mistakes, in lower case, and the right option of ioredis or a sentence of advice. */
const ADVICE_BY_NAME: Readonly<Record<string, string>> = {
  url: 'pass the URL itself: `connection: "redis://..."`',
  uri: 'pass the URL itself: `connection: "redis://..."`',
  href: 'pass the URL itself: `connection: "redis://..."`',
  connectionstring: 'pass the URL itself: `connection: "redis://..."`',
  socket:
    'set `host`, `port` and `tls` next to the other options; `socket` is an option of node-redis',
  prefix: 'set `prefix` next to `connection`, not in it',
  hostname: 'host',
  server: 'host',
  address: 'host',
  user: 'username',
  pass: 'password',
  pwd: 'password',
  auth: 'password',
  authpass: 'password',
  database: 'db',
  databaseid: 'db',
  dbindex: 'db',
  ssl: 'tls',
  unix: 'path',
  socketpath: 'path',
  mastername: 'name',
};

/**
 * Checks for unknown options, which ioredis would silently ignore and then connect to another server.
 * @param isForeign - whether the application created the `Redis` itself. It may have other options of its own, so only names that
 *   look like a mistake are refused.
 * @throws InvalidOptionError for the first unknown option.
 */
export function checkOptionNames(options: RedisOptions, isForeign = false): void {
  const known = new Set(IOREDIS_OPTIONS.trim().split(/\s+/));
  for (const name of Object.keys(Reflect.get(Redis, 'defaultOptions') ?? {})) {
    known.add(name); // options of a newer ioredis
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || known.has(name)) {
      continue;
    }
    // Computed for unknown names only: it compares the name with all others, which would slow down each start of a test.
    const advice = adviceOn(name, known);
    if (!isForeign || advice !== undefined) {
      throw new InvalidOptionError(
        `${mayHoldSecret(name) ? 'an option' : name} of the connection`,
        `an option of ioredis${advice === undefined ? '' : ` (${advice})`}`,
        'an unknown name',
      );
    }
  }
}

function adviceOn(name: string, known: ReadonlySet<string>): string | undefined {
  const spelled = name.toLowerCase().replaceAll(/[_-]/g, '');
  const meant = Object.hasOwn(ADVICE_BY_NAME, spelled)
    ? ADVICE_BY_NAME[spelled]
    : nearestName(spelled, known);
  return meant === undefined || meant.includes(' ') ? meant : `did you mean \`${meant}\`?`;
}
