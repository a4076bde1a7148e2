import { SLOT_COUNT } from '../../lib/protocol/hash-slot.js';
import { nodesKnownTo } from './cluster-nodes.js';
import { freeNodePort } from './free-port.js';
import { RestartableRedis, type ServerSettings } from './restartable-redis.js';
import { waitFor } from './wait-for.js';

/** How a Cluster begins. */
export interface ClusterOptions {
  /** @default 3 */
  readonly masters?: number;
  /** Replicas of each master. @default 1 */
  readonly replicas?: number;
  /** Time after which the others count a node as down, ms. @default 1 000 */
  readonly nodeTimeout?: number;
  /** Settings of the nodes, as in `redis.conf`; a function makes those of one node. */
  readonly settings?: ServerSettings | (() => Promise<ServerSettings>);
}

/** Starts the nodes of a Cluster. Resolves when all nodes agree on the owners of the slots, and replicas follow their masters. */
export async function startCluster({
  masters = 3,
  replicas = 1,
  nodeTimeout = 1_000,
  settings = {},
}: ClusterOptions): Promise<RestartableRedis[]> {
  const nodes: RestartableRedis[] = [];
  try {
    for (let node = 0; node < masters * (1 + replicas); node++) {
      const own = typeof settings === 'function' ? await settings() : settings;
      nodes.push(await startNode({ 'cluster-node-timeout': String(nodeTimeout), ...own }));
    }
    await connect(nodes, masters);
    return nodes;
  } catch (error) {
    await Promise.all(nodes.map((node) => node.stop()));
    throw error;
  }
}

const startNode = async (settings: ServerSettings): Promise<RestartableRedis> =>
  RestartableRedis.start(
    {
      'cluster-enabled': 'yes',
      // A replica stays with its master.
      'cluster-migration-barrier': '100',
      'repl-diskless-sync-delay': '0',
      appendonly: 'no',
      ...settings,
    },
    await freeNodePort(),
  );

/** Makes masters of the first nodes, and replicas of the others: what `redis-cli --cluster create` does, in less time. */
async function connect(nodes: readonly RestartableRedis[], masters: number): Promise<void> {
  const [first] = nodes;
  await Promise.all(
    nodes.map((node, index) =>
      node.look(async (redis) => {
        await redis.call('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
        if (index < masters) {
          await redis.call('CLUSTER', 'ADDSLOTS', ...slotsOf(index, masters));
        }
        if (node !== first) {
          await redis.call('CLUSTER', 'MEET', '127.0.0.1', String(first?.port));
        }
      }),
    ),
  );
  await Promise.all(nodes.map((node) => waitFor(() => knows(node, nodes.length))));
  await Promise.all(
    nodes.slice(masters).map((node, index) => replicate(node, nodes[index % masters])),
  );
  await Promise.all(nodes.map((node) => waitFor(() => isUsable(node, masters))));
}

/** @returns the slots of a master, as arguments. */
function slotsOf(index: number, masters: number): string[] {
  const firstOf = (nth: number): number => Math.round((nth * SLOT_COUNT) / masters);
  const count = firstOf(index + 1) - firstOf(index);
  return Array.from({ length: count }, (_, nth) => String(firstOf(index) + nth));
}

const knows = async (node: RestartableRedis, count: number): Promise<boolean> =>
  (await nodesKnownTo(node)).filter(({ port }) => port > 0).length === count;

async function replicate(node: RestartableRedis, master?: RestartableRedis): Promise<void> {
  const known = await nodesKnownTo(node);
  const id = known.find(({ port }) => port === master?.port)?.id ?? '';
  await node.look((redis) => redis.call('CLUSTER', 'REPLICATE', id));
}

/** Whether a node has found all slots with an owner, and has its data if it is a replica. */
async function isUsable(node: RestartableRedis, masters: number): Promise<boolean> {
  const known = await nodesKnownTo(node);
  const info = await node.look((redis) => redis.cluster('INFO'));
  return (
    String(info).includes('cluster_state:ok') &&
    known.filter(({ isMaster }) => isMaster).length === masters &&
    (await isLinked(node))
  );
}

/** Whether a node is a master, or a replica that has all data of its master. */
export async function isLinked(node: RestartableRedis): Promise<boolean> {
  const replication = await node.look((redis) => redis.info('replication'));
  return replication.includes('role:master') || replication.includes('master_link_status:up');
}
