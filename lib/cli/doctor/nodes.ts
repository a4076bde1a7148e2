import { systemRuntime } from '../../driver/system-runtime.js';
import { DEFAULT_SHARDS, hashSlotOf, shardTags } from '../../protocol/hash-slot.js';
import { Keys } from '../../protocol/keys.js';
import { CONNECTION_OPTIONS } from '../../redis/connection/connection-options.js';
import {
  clusterConfigOf,
  textOf,
  type ClusterConfig,
} from '../../redis/topology/cluster-config.js';
import type { Redis } from '../../redis/topology/connection-option.js';
import { connectionSource, type ConnectionSource } from '../../redis/topology/connection-source.js';
import { setServerName } from '../../redis/topology/server-name-indication.js';
import { serverName } from '../../redis/topology/server-name.js';
import { SlotOwners } from '../../redis/topology/slot-owners.js';
import type { GlobalValues } from '../frame/global-options.js';

/** How long a server may take to connect, and to answer, ms. */
const ANSWER_TIMEOUT_MS = 5_000;

/** A server that holds queues. */
export interface Node {
  /** Its address, without the user and the password. */
  readonly name: string;
  readonly source: ConnectionSource;
  /** The keys of each shard that it holds. */
  readonly keys: readonly [Keys, ...Keys[]];
}

/**
 * Finds the servers that hold the queues: one, or the masters of a Cluster that own a shard.
 * @throws InvalidOptionError for a wrong URL; the error of the last node if no node of a Cluster tells.
 */
export async function findNodes({ url, prefix, shards }: GlobalValues): Promise<Node[]> {
  const config = clusterConfigOf(url);
  if (config) {
    return mastersOf(config, prefix, shards ?? DEFAULT_SHARDS);
  }
  const source = connectionSource(url);
  const sample = source({ lazyConnect: true });
  sample.disconnect();
  return [{ name: serverName(sample.options), source, keys: [new Keys(prefix)] }];
}

async function mastersOf(config: ClusterConfig, prefix: string, shards: number): Promise<Node[]> {
  const owners = new SlotOwners(config, systemRuntime);
  const nodes = new Map<string, Node>();
  for (const tag of shardTags(shards)) {
    const keys = new Keys(prefix, tag);
    const owner = await owners.ask(hashSlotOf(keys.queues));
    const name = textOf(owner);
    const known = nodes.get(name);
    nodes.set(name, {
      name,
      source: connectionSource({ ...owners.nodeOptions, ...owner }),
      keys: known ? [...known.keys, keys] : [keys],
    });
  }
  return [...nodes.values()];
}

/** Connects to a server, whatever it is. @throws the error of ioredis if it cannot be reached. */
export async function connectTo({ source }: Node): Promise<Redis> {
  const redis = source({
    ...CONNECTION_OPTIONS,
    connectTimeout: ANSWER_TIMEOUT_MS,
    commandTimeout: ANSWER_TIMEOUT_MS,
    retryStrategy: () => null,
    connectionName: 'nestjs-reqrep:doctor',
  });
  setServerName(redis.options);
  redis.on('error', () => undefined); // the rejection says it
  await redis.connect();
  return redis;
}
