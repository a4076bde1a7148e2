import { allowanceOf } from '../../driver/missing-permission.js';
import { codeOfRefusal, explainRefusal, isRefusal, isTemporary } from '../../driver/refusal.js';
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
import { lookAt, unlessRefused, type Clocks, type ServerLook } from './server-look.js';
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
  const user = redis.options.username || 'default';
  const look = await lookAt(redis, clocks).catch((error: unknown) => unlooked(error, user));
  if (isFinding(look) && look.level === 'problem') {
    return [look];
  }
  if (!isFinding(look) && !holdsData(look)) {
    return [...checkVersion(look), ...checkTopology(look, isCluster)];
  }
  const known = queues.length > 0 ? queues : await registeredQueues(redis, keys);
  const rights = await checkRights(redis, {
    keys: keys[0],
    queues: known.length > 0 ? known : [ANY_QUEUE],
    isQueueKnown: known.length > 0,
    roles,
    user,
  });
  if (isFinding(look)) {
    return [look, ...rights];
  }
  return [
    ...checkVersion(look),
    ...checkTopology(look, isCluster),
    ...checkMemory(look),
    ...checkPersistence(look),
    ...checkClients(look),
    ...checkClock(look, user),
    ...checkLatency(look),
    ...rights,
  ];
}

/** Whether a server can be asked for more than what it is: no Sentinel, and nothing that is still loading. */
const holdsData = ({ facts }: ServerLook): boolean => !facts.isSentinel && !facts.isLoading;

const isFinding = (look: ServerLook | Finding): look is Finding => 'level' in look;

/** @returns why a server tells nothing. @throws the error of a lost connection. */
function unlooked(error: unknown, user: string): Finding {
  if (!isRefusal(error)) {
    throw error;
  }
  const { note, problem } = findingsOf('server');
  const code = codeOfRefusal(error);
  if (code === 'BUSY') {
    return problem(
      'A script runs and does not end: the server refuses everything else meanwhile (BUSY).',
      'SCRIPT KILL ends a script that has written nothing; otherwise wait.',
    );
  }
  if (isTemporary(error)) {
    return problem(
      `The server serves nobody now (${explainRefusal(error)}).`,
      'Examine it again when that is over.',
    );
  }
  return code === 'NOPERM'
    ? note(`User "${user}" lacks INFO: only its rights are examined.`, allowanceOf(user, ['+info']))
    : note(`INFO is refused (${explainRefusal(error)}): only the rights are examined.`);
}

async function registeredQueues(redis: Redis, keys: Node['keys']): Promise<string[]> {
  const names: string[] = [];
  for (const { queues: registry } of keys) {
    const answer = await unlessRefused(redis.zrange(registry, 0, `${MAX_QUEUES - 1}`));
    names.push(...(answer ?? []));
  }
  return names.slice(0, MAX_QUEUES);
}
