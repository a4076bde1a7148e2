import { expect, it, onTestFinished } from 'vitest';
import { Connections } from '../../../lib/redis/connections.js';
import type { Connection } from '../../../lib/redis/connection/connection.js';
import type { NodeAddress } from '../../../lib/redis/topology/cluster-config.js';
import type { OwnersListener } from '../../../lib/redis/topology/owners-listener.js';
import { SlotOwners } from '../../../lib/redis/topology/slot-owners.js';
import { FakeServer, NEVER, refusal } from './support/fake-server.js';

const FORMER: NodeAddress = { host: 'fake', port: 1 };
const NEW: NodeAddress = { host: 'fake', port: 2 };
/** How long ioredis waits before it connects again. */
const RECONNECT_MS = 50;

const moved = (): Error => refusal('MOVED 7 fake:2');

/** Knows the owner that a test names, without a Cluster. */
class KnownOwners extends SlotOwners {
  owner = FORMER;
  private readonly told: OwnersListener[] = [];

  override tell(listener: OwnersListener): void {
    this.told.push(listener);
    super.tell(listener);
  }

  override lastKnown(): NodeAddress {
    return this.owner;
  }

  /** Tells the listeners that the Cluster was asked. */
  named(): void {
    for (const listener of this.told) {
      listener.named();
    }
  }
}

/** A shard whose connections lead to the first owner of its slot: one for commands, and two that block. */
async function shardInUse() {
  const server = new FakeServer();
  server.answer('llen', () => 0);
  server.answer('info', () => 'run_id:run-1\r\nredis_version:7.4.0\r\ncluster_enabled:1');
  const config = { name: 'redis+cluster://fake', nodes: [FORMER], nodeOptions: {} };
  const owners = new KnownOwners({ ...config, natMap: undefined }, server.runtime);
  const nodes = new WeakMap<object, NodeAddress>();
  const source = Object.assign(
    (...[overrides]: Parameters<FakeServer['source']>) => {
      const redis = server.source(overrides);
      redis.on('connecting', () => nodes.set(redis.options, owners.owner));
      return redis;
    },
    { clusterSlot: { owners, slot: 7, key: '{tag}replies:', nodes } },
  );
  const connections = new Connections(source, 'shard', server.log, undefined, server.runtime);
  onTestFinished(() => connections.close());
  const { commands } = connections;
  const blocked = [connections.blocking('jobs'), connections.blocking('replies')] as const;
  const ready = Promise.all([commands, ...blocked].map((connection) => connection.ready()));
  await server.runtime.advanceAsync(0);
  await ready;
  const idOf = (connection: Connection): number | undefined => connection.identity?.id;
  return { server, owners, commands, blocked, ids: () => [commands, ...blocked].map(idOf) };
}

type Shard = Awaited<ReturnType<typeof shardInUse>>;

/** Lets the new owner be known, and the former one refuse what a connection to it asks. */
function move({ server, owners }: Shard): void {
  owners.owner = NEW;
  server.answer('llen', (_, { id }) => {
    if (id <= 3) {
      throw moved();
    }
    return 0;
  });
}

/** Sends a call that blocks, and lets the former owner refuse it. */
async function refuseBlocked({ server, blocked: [jobs] }: Shard): Promise<void> {
  server.answer('blpop', () => {
    throw moved();
  });
  const refused = expect(jobs.send((redis) => redis.blpop('list', 5))).rejects.toThrow('MOVED');
  await Promise.all([refused, server.runtime.advanceAsync(0)]);
}

it('all connections of a shard leave the former owner when the one for commands is refused', async () => {
  const shard = await shardInUse();
  move(shard);
  shard.server.answer('rpush', () => {
    throw moved();
  });
  await Promise.all([
    expect(shard.commands.send((redis) => redis.rpush('list', 1))).rejects.toThrow('MOVED'),
    shard.server.runtime.advanceAsync(RECONNECT_MS),
  ]);
  expect(shard.ids().every((id) => id !== undefined && id > 3)).toBe(true);
  expect(shard.blocked.map(({ address }) => address)).toEqual(['fake:2', 'fake:2']);
});

it('all connections of a shard leave the former owner when one that blocks is refused', async () => {
  const shard = await shardInUse();
  move(shard);
  await refuseBlocked(shard);
  await shard.server.runtime.advanceAsync(100);
  expect(shard.ids().every((id) => id !== undefined && id > 3)).toBe(true);
});

it('the connection for commands gets the answers to all that it has sent, before it leaves', async () => {
  const shard = await shardInUse();
  move(shard);
  shard.server.answer('rpush', () => 1);
  const refused = refuseBlocked(shard);
  const pushed = shard.commands.send((redis) => redis.rpush('list', 1));
  await refused;
  expect(await pushed).toBe(1);
});

it('connections stay when only an outdated view of the Cluster names another owner', async () => {
  const shard = await shardInUse();
  shard.owners.owner = NEW;
  shard.owners.named();
  await shard.server.runtime.advanceAsync(2_000);
  expect(shard.server.asked.filter((asked) => asked.includes('llen'))).toHaveLength(4);
  expect(shard.ids()).toEqual([1, 2, 3]);
});

it.each<[string, () => unknown]>([
  [
    'refuses the slot',
    () => {
      throw moved();
    },
  ],
  ['does not answer soon', () => NEVER],
])('connections leave when another owner is named and theirs %s', async (_, answer) => {
  const shard = await shardInUse();
  shard.owners.owner = NEW;
  for (const command of ['llen', 'ping']) {
    shard.server.answer(command, (__, { id }) => (id <= 3 ? answer() : 'OK'));
  }
  shard.owners.named();
  await shard.server.runtime.advanceAsync(2_000);
  expect(shard.ids().every((id) => id !== undefined && id > 3)).toBe(true);
});

it('a node that refuses another slot is asked whether it owns this one, and kept if it does', async () => {
  const shard = await shardInUse();
  shard.owners.refused(8, FORMER, refusal('MOVED 8 fake:2'));
  await shard.server.runtime.advanceAsync(100);
  expect(shard.server.asked.filter((asked) => asked.includes('llen'))).toHaveLength(4);
  expect(shard.ids()).toEqual([1, 2, 3]);
});
