import type { Redis } from '../../redis/topology/connection-option.js';
import type { GlobalValues } from '../frame/global-options.js';
import { checkClients } from './clients.js';
import { checkClock } from './clock.js';
import { findingsOf, type Finding } from './finding.js';
import { checkLatency } from './latency.js';
import { checkMemory } from './memory.js';
import { connectTo, findNodes, type Node } from './nodes.js';
import { checkPersistence } from './persistence.js';
import { checkRights, type Role } from './rights.js';
import { lookAt, unlessRefused, type Clocks } from './server-look.js';
import { checkTopology } from './topology.js';
import { checkVersion } from './version.js';

/** Most queues of the registry whose keys the rights are asked for. */
const MAX_QUEUES = 10;

/** The queue whose keys the rights are asked for where none is known. */
const ANY_QUEUE = 'doctor';

/** What is examined. */
export interface Examination {
  readonly globals: GlobalValues;
  /** The queues whose keys the rights are asked for; without any those of the registry. */
  readonly queues: readonly string[];
  readonly roles: readonly Role[];
  readonly clocks: Clocks;
}

/**
 * Examines the servers that hold the queues. Writes nothing.
 * @throws the error of a connection that could not be made or was lost.
 */
export async function examine(examination: Examination): Promise<Finding[]> {
  const nodes = await findNodes(examination.globals);
  const isCluster = nodes.some(({ keys: [keys] }) => keys.tag !== '');
  const found = await Promise.all(
    nodes.map(async (node) => {
      const redis = await connectTo(node);
      try {
        return (await examineNode(redis, node, isCluster, examination)).map((finding) => ({
          ...finding,
          server: node.name,
        }));
      } finally {
        redis.disconnect();
      }
    }),
  );
  return found.flat();
}

async function examineNode(
  redis: Redis,
  { keys }: Node,
  isCluster: boolean,
  { queues, roles, clocks }: Examination,
): Promise<Finding[]> {
  const look = await lookAt(redis, clocks);
  const user = redis.options.username || 'default';
  const known = queues.length > 0 ? queues : await registeredQueues(redis, keys);
  const rights = await checkRights(redis, {
    keys: keys[0],
    queues: known.length > 0 ? known : [ANY_QUEUE],
    roles,
    user,
  });
  if (look === undefined) {
    return [
      findingsOf('server').note('The user may not ask for INFO: the server is not known.'),
      ...rights,
    ];
  }
  return [
    ...checkVersion(look),
    ...checkTopology(look, isCluster),
    ...checkMemory(look),
    ...checkPersistence(look),
    ...checkClients(look),
    ...checkClock(look),
    ...checkLatency(look),
    ...rights,
  ];
}

async function registeredQueues(redis: Redis, keys: Node['keys']): Promise<string[]> {
  const names: string[] = [];
  for (const { queues: registry } of keys) {
    const answer = await unlessRefused(redis.zrange(registry, 0, `${MAX_QUEUES - 1}`));
    names.push(...(answer ?? []));
  }
  return names.slice(0, MAX_QUEUES);
}
