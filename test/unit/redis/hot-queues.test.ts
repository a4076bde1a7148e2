import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Shard } from '../../../lib/driver/shard.js';
import { ClusterShards } from '../../../lib/redis/cluster-shards.js';
import { clusterConfigOf } from '../../../lib/redis/topology/cluster-config.js';
import { Log } from '../../../lib/telemetry/log.js';

const config = clusterConfigOf('redis+cluster://never-connected');

/** Makes shards that are asked for places only, so that no connection is opened. */
function makeShards(hotQueues: readonly string[]): ClusterShards {
  if (!config) {
    throw new Error('Not a URL of a Cluster');
  }
  const ignore = (): void => undefined;
  const log = new Log({ info: ignore, warn: ignore, error: ignore });
  return new ClusterShards({ config, prefix: '', name: 'test', log, shards: 4, hotQueues });
}

/** @returns how many of the next jobs of a queue each shard gets. */
function countNext(shards: ClusterShards, queue: string, jobs: number): ReadonlyMap<Shard, number> {
  const counts = new Map<Shard, number>();
  for (let job = 0; job < jobs; job++) {
    const shard = shards.next(queue);
    counts.set(shard, (counts.get(shard) ?? 0) + 1);
  }
  return counts;
}

it('the jobs of a hot queue that are made in one turn go to one shard together', () => {
  const shards = makeShards(['hot']);
  expect([...countNext(shards, 'hot', 32).values()]).toEqual([32]);
});

it('a burst of a hot queue in one turn is spread over all shards', () => {
  const shards = makeShards(['hot']);
  expect([...countNext(shards, 'hot', 256).values()]).toEqual([64, 64, 64, 64]);
});

it('each turn goes to another shard, all in turn', async () => {
  const shards = makeShards(['hot', 'also hot']);
  const seen: Shard[] = [];
  for (let turn = 0; turn < 8; turn++) {
    seen.push(shards.next('hot'));
    expect(shards.next('also hot')).toBe(seen.at(-1));
    await nextTurn();
  }
  expect(new Set(seen.slice(0, 4)).size).toBe(4);
  expect(seen.slice(4)).toEqual(seen.slice(0, 4));
});

it('a queue that is not hot has one shard', async () => {
  const shards = makeShards(['hot']);
  const before = shards.next('calm');
  shards.next('hot');
  await nextTurn();
  expect(countNext(shards, 'calm', 100)).toEqual(new Map([[before, 100]]));
  expect(shards.of('calm')).toEqual([before]);
});
