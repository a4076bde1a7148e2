import { systemRuntime } from '../driver/system-runtime.js';
import { hashSlotOf, shardTags } from '../protocol/hash-slot.js';
import { Keys } from '../protocol/keys.js';
import { shardSettingsIn, type ShardSettings } from './shard-agreement.js';
import type { ClusterConfig } from './topology/cluster-config.js';
import { SlotOwners } from './topology/slot-owners.js';

/**
 * Reads the settings that the processes of an application on a Cluster have agreed on, and writes none.
 * @returns `undefined` where no process with this prefix has used the Cluster.
 * @throws the refusal of the Cluster, or the error of the last node if none can be reached.
 */
export async function readShardSettings(
  config: ClusterConfig,
  prefix: string,
): Promise<ShardSettings | undefined> {
  // The first tag is the same whatever the number of shards.
  const { shards: key } = new Keys(prefix, shardTags(1)[0]);
  const owners = new SlotOwners(config, systemRuntime);
  const fields = await owners.runOnOwner(hashSlotOf(key), (redis) => redis.hgetall(key));
  return Object.keys(fields).length === 0 ? undefined : shardSettingsIn(fields);
}
