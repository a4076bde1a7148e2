import { singleShard, type Shards } from '../driver/shard.js';
import { openMemory } from '../memory/open-memory.js';
import { Keys } from '../protocol/keys.js';
import { ClusterShards } from '../redis/cluster-shards.js';
import { Connections } from '../redis/connections.js';
import type { Log } from '../telemetry/log.js';
import type { ResolvedOptions } from './resolve-options.js';

/** Makes the shards on the server that the options name: Redis, a Redis Cluster, or a server in this process. Does not connect yet. */
export function openShards(
  name: string,
  { source, prefix, shards, hotQueues }: ResolvedOptions,
  log: Log,
): Shards {
  const keys = new Keys(prefix);
  if (typeof source === 'string') {
    return singleShard(openMemory(source), keys);
  }
  if (typeof source === 'function') {
    return singleShard(new Connections(source, name, log, (key) => keys.patternOf(key)), keys);
  }
  return new ClusterShards({ config: source, prefix, name, log, shards, hotQueues });
}
