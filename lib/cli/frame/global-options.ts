import type { CreateReqRepOptions } from '../../core/create-reqrep.js';
import { MAX_SHARDS } from '../../protocol/hash-slot.js';
import type { CliOptions, CliValues } from './command.js';
import { integerOf } from './option-values.js';
import { UsageError } from './usage-error.js';

const DEFAULT_URL = 'redis://localhost:6379';

/** The options of every command. */
export const GLOBAL_OPTIONS: CliOptions = {
  url: {
    type: 'string',
    value: 'URL',
    help: 'the server; default: REDIS_URL of the environment, else redis://localhost:6379',
  },
  prefix: { type: 'string', value: 'TEXT', help: 'the `prefix` of the application' },
  shards: {
    type: 'string',
    value: 'COUNT',
    help: 'on a Redis Cluster, the `shards` of the application; default: as many as its processes have agreed on',
  },
  'hot-queues': {
    type: 'string',
    value: 'A,B',
    help: 'on a Redis Cluster, `hotQueues` that no process has named yet',
  },
  json: { type: 'boolean', help: 'JSON lines on a terminal, too' },
  help: { type: 'boolean', short: 'h', help: 'explain the command' },
  version: { type: 'boolean', help: 'print the version of nestjs-reqrep' },
};

/** Where the queues are. */
export interface GlobalValues {
  /** May hold a password. */
  readonly url: string;
  readonly prefix: string;
  readonly shards: number | undefined;
  readonly hotQueues: readonly string[];
}

/** Reads the options of every command. @throws UsageError */
export function globalValues(values: CliValues, env: NodeJS.ProcessEnv): GlobalValues {
  const url = String(values['url'] ?? (env['REDIS_URL'] || DEFAULT_URL));
  if (url.startsWith('memory:')) {
    throw new UsageError(
      'Queues of memory:// are in the process of their application, where no other process can look: use --url with a redis:// URL',
    );
  }
  if (!isServerUrl(url)) {
    throw new UsageError(
      'Expected --url (or REDIS_URL) to be redis://HOST:PORT, rediss:// for TLS, redis+cluster://HOST:PORT,HOST:PORT for a Redis Cluster, or the path of a Unix socket; where Sentinel watches the server, name the primary',
    );
  }
  const hotQueues = values['hot-queues'];
  return {
    url,
    prefix: String(values['prefix'] ?? ''),
    shards: integerOf(values, 'shards', 1, MAX_SHARDS),
    hotQueues: typeof hotQueues === 'string' ? hotQueues.split(',').filter(Boolean) : [],
  };
}

/** Whether a text names a server. The rest of a URL is judged by who connects. */
const isServerUrl = (url: string): boolean => /^(?:rediss?(?:\+cluster)?:\/\/|\/)/i.test(url);

/** @returns the options of `createReqRep` for the place where the queues are. */
export const placeOf = ({ url, prefix, shards, hotQueues }: GlobalValues): CreateReqRepOptions => ({
  connection: url,
  prefix,
  shards,
  hotQueues,
});
