import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { hashSlotOf, shardTags } from '../../../lib/protocol/hash-slot.js';
import { shardIndexOf } from '../../../lib/redis/shard-of-queue.js';
import { useCluster } from '../../support/cluster.js';
import { openReqRep } from '../../support/open-reqrep.js';
import { randomQueue } from '../../support/random-queue.js';
import type { RestartableRedis } from '../../support/restartable-redis.js';
import { waitFor } from '../../support/wait-for.js';

const cluster = useCluster({ replicas: 0 });

const SHARDS = 16;

/** Connections of others to each node: with few, Redis looks at all that wait several times a second, with many once a second. */
const OTHER_CONNECTIONS = 150;

const slotOf = (queue: string): number =>
  hashSlotOf(`{${shardTags(SHARDS)[shardIndexOf(queue, SHARDS)]}}`);

/** @returns queues in different shards of one master. */
async function neighbours(): Promise<[queue: string, other: string, owner: RestartableRedis]> {
  const queue = randomQueue();
  const owner = await cluster.ownerOf(slotOf(queue));
  for (;;) {
    const other = randomQueue();
    if (slotOf(other) !== slotOf(queue) && (await cluster.ownerOf(slotOf(other))) === owner) {
      return [queue, other, owner];
    }
  }
}

/** @returns how many connections the library has to a node, those that ask for the owners left out. */
async function connectionsTo(node: RestartableRedis): Promise<number> {
  const list = String(await cluster.run(node, 'CLIENT', 'LIST'));
  const isOurs = (line: string): boolean => /name=nestjs-reqrep:(?!topology)/.test(line);
  return list.split('\n').filter(isOurs).length;
}

async function crowd(): Promise<void> {
  for (const { port } of await cluster.masters()) {
    const others = Array.from({ length: OTHER_CONNECTIONS }, () => connect(port, '127.0.0.1'));
    onTestFinished(() => others.forEach((socket) => socket.destroy()));
  }
}

it('when a request finds its slot moved, all connections of the process follow, those of other shards too, without one more', async () => {
  await crowd();
  const [queue, other, owner] = await neighbours();
  const { client, workers } = openReqRep({ connection: cluster.connection });
  await workers.serve(queue, (data) => data);
  await workers.serve(other, (data) => data);
  await Promise.all([client.request(queue), client.request(other)]);
  const before = await connectionsTo(owner);
  expect(before).toBe(8); // commands, cancellations, replies and jobs of each
  const to = (await cluster.masters()).find((master) => master !== owner) ?? owner;
  for (const moved of [queue, other]) {
    await cluster.migrateSlot(slotOf(moved), to);
  }
  const begin = performance.now();
  expect(await client.request(queue, 'echoed')).toBe('echoed');
  const answered = performance.now() - begin;
  await waitFor(async () => (await connectionsTo(owner)) === 0);
  await waitFor(async () => (await connectionsTo(to)) === before);
  const followed = performance.now() - begin;
  process.stdout.write(
    `after a migration: answered in ${answered.toFixed(0)} ms, all connections followed in ${followed.toFixed(0)} ms\n`,
  );
  expect(await client.request(other, 'echoed')).toBe('echoed');
});
