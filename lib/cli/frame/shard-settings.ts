import { explainRefusal, isRefusal } from '../../driver/refusal.js';
import { messageOf } from '../../errors/error-text.js';
import { ConnectionFailedError } from '../../errors/index.js';
import type { GlobalValues } from './global-options.js';
import { withPeers } from './peers.js';
import { UsageError } from './usage-error.js';

/** Whether a URL names a Redis Cluster. */
export const namesCluster = (url: string): boolean => /^rediss?\+cluster:/i.test(url);

/**
 * Completes the options by the shards and hot queues that the processes of the application have agreed on. Without that, a command with
 * a wrong number could be the first to write one, and applications would be refused.
 * @returns `undefined` where the URL names a Cluster that no process has used with this prefix, and no `--shards` are given.
 * @throws InvalidOptionError for a wrong URL, ConnectionFailedError if the Cluster cannot be asked.
 */
export async function withShardSettings(globals: GlobalValues): Promise<GlobalValues | undefined> {
  const { url, prefix, shards, hotQueues } = globals;
  if (!namesCluster(url) || shards !== undefined) {
    return globals;
  }
  const [{ clusterConfigOf }, { readShardSettings }] = await withPeers(() =>
    Promise.all([
      import('../../redis/topology/cluster-config.js'),
      import('../../redis/read-shard-settings.js'),
    ]),
  );
  const config = clusterConfigOf(url);
  if (!config) {
    return globals;
  }
  const found = await readShardSettings(config, prefix).catch((error: unknown) => {
    const reason = `${config.name} cannot be asked (${isRefusal(error) ? explainRefusal(error) : messageOf(error)})`;
    const advice = 'Check --url, the nodes, and the network on the way to them.';
    throw new ConnectionFailedError(config.name, reason, undefined, { cause: error, advice });
  });
  return (
    found && { ...globals, shards: found.shards, hotQueues: [...found.hotQueues, ...hotQueues] }
  );
}

/** The mistake where {@link withShardSettings} finds nothing. */
export const unusedCluster = ({ prefix }: GlobalValues): UsageError =>
  new UsageError(
    `No process has used this Cluster with the prefix "${prefix}": correct --prefix, or give --shards as the application has it`,
  );
