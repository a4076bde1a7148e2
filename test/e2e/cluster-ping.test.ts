import { expect, it } from 'vitest';
import { ConnectionFailedError } from '../../lib/core/index.js';
import { hashSlotOf, shardTags } from '../../lib/protocol/hash-slot.js';
import { shardIndexOf } from '../../lib/redis/shard-of-queue.js';
import { useCluster } from '../support/cluster.js';
import { openReqRep } from '../support/open-reqrep.js';
import type { RestartableRedis } from '../support/restartable-redis.js';

/** Longer than a test, so that no node counts as down while it stands still. */
const cluster = useCluster({ replicas: 0, nodeTimeout: 60_000 });

const TAGS = shardTags(16);

/** @returns the node that has the shard of a queue. */
const ownerOf = (queue: string): Promise<RestartableRedis> =>
  cluster.ownerOf(hashSlotOf(`{${TAGS[shardIndexOf(queue, TAGS.length)]}}`));

/** @returns a queue for each node. */
async function queuesOfNodes(): Promise<Map<RestartableRedis, string>> {
  const queues = new Map<RestartableRedis, string>();
  for (let number = 0; queues.size < cluster.nodes.length; number++) {
    queues.set(await ownerOf(`queue${number}`), `queue${number}`);
  }
  return queues;
}

it('a ping asks each shard that the process uses, and no other', async () => {
  const [[usedNode, usedQueue] = [], [otherNode, otherQueue] = []] = await queuesOfNodes();
  if (!usedNode || !usedQueue || !otherNode || !otherQueue) {
    throw new Error('The Cluster has too few nodes');
  }
  const { client, workers } = openReqRep({ connection: cluster.connection });
  await workers.serve(usedQueue, () => 'reply');
  await client.request(usedQueue);
  await client.ping({ timeout: 10_000 });

  otherNode.freeze();
  await client.ping({ timeout: 10_000 });
  otherNode.thaw();

  await workers.serve(otherQueue, () => 'reply');
  await client.request(otherQueue);
  otherNode.freeze();
  const error = await client.ping({ timeout: 300 }).catch((reason: unknown) => reason);
  otherNode.thaw();
  expect(error).toBeInstanceOf(ConnectionFailedError);
  expect(error).toMatchObject({ server: expect.stringMatching(/^redis\+cluster:/) });
  await client.ping({ timeout: 10_000 });
});
