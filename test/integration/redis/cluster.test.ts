import { expect, it } from 'vitest';
import { hashSlotOf } from '../../../lib/protocol/hash-slot.js';
import { useCluster } from '../../support/cluster.js';
import type { RestartableRedis } from '../../support/restartable-redis.js';
import { waitFor } from '../../support/wait-for.js';

const cluster = useCluster();

const KEY = '{shop}orders';
const SLOT = hashSlotOf(KEY);

const owner = (): Promise<RestartableRedis> => cluster.ownerOf(SLOT);

const push = async (text: string): Promise<unknown> =>
  cluster.run(await owner(), 'RPUSH', KEY, text);

const orders = async (): Promise<unknown> => cluster.run(await owner(), 'LRANGE', KEY, 0, -1);

it('has three masters that share the slots, each with a replica', async () => {
  const masters = await cluster.masters();
  expect(masters).toHaveLength(3);
  for (const master of masters) {
    expect(await cluster.replicasOf(master)).toHaveLength(1);
  }
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) {
    await cluster.run(await cluster.ownerOf(hashSlotOf(key)), 'SET', key, 1);
  }
  expect((await cluster.keys('?')).toSorted()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
});

it('lets a replica take the place of its master', async () => {
  await push('before a failover');
  const before = await owner();
  const after = await cluster.failover(before);
  expect(await owner()).toBe(after);
  expect(after).not.toBe(before);
  expect(await orders()).toEqual(['before a failover']);
});

it('moves a slot with its keys to another master, and back', async () => {
  const from = await owner();
  const to = (await cluster.masters()).find((master) => master !== from) ?? from;
  const keys = Array.from({ length: 25 }, (_, nth) => `{shop}item${nth}`);
  await Promise.all(keys.map((key) => cluster.run(from, 'SET', key, 1)));
  const moved = cluster.migrateSlot(SLOT, to, { pause: 200 });
  await waitFor(() =>
    cluster.run(from, 'GET', '{shop}none').then(
      () => false,
      (refusal: Error) => refusal.message.startsWith('ASK '),
    ),
  );
  await moved;
  await expect(cluster.run(from, 'GET', KEY)).rejects.toThrow(`MOVED ${SLOT} 127.0.0.1:${to.port}`);
  expect(await cluster.run(to, 'EXISTS', ...keys)).toBe(25);
  await cluster.migrateSlot(SLOT, from);
  expect(await owner()).toBe(from);
  expect(await orders()).toEqual(['before a failover']);
});

it('replaces a master that is killed by its replica, which has what was in sync', async () => {
  await push('before a kill');
  await cluster.inSync();
  const victim = await owner();
  await cluster.kill(victim);
  await cluster.replaced(victim);
  expect(await cluster.masters()).toHaveLength(3);
  expect(await orders()).toEqual(['before a failover', 'before a kill']);
  await cluster.restart(victim);
  expect(await cluster.replicasOf(await owner())).toEqual([victim]);
});
