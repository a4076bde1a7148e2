import type { RestartableRedis } from './restartable-redis.js';

/** A node of a Cluster, as another one (or itself) knows it. */
export interface KnownNode {
  readonly id: string;
  readonly port: number;
  readonly isMaster: boolean;
  /** Whether the others agree, or suspect, that it is down. */
  readonly isDown: boolean;
  /** Id of its master; `-` = it has none. */
  readonly masterId: string;
  /** First and last slot of each range that it owns. */
  readonly slots: readonly (readonly [first: number, last: number])[];
}

/** Asks a node for all nodes that it knows. */
export const nodesKnownTo = (node: RestartableRedis): Promise<KnownNode[]> =>
  node.look(async (redis) => readNodes(String(await redis.cluster('NODES'))));

/** @returns whether a node owns a slot. */
export const owns = ({ slots }: KnownNode, slot: number): boolean =>
  slots.some(([first, last]) => first <= slot && slot <= last);

const readNodes = (answer: string): KnownNode[] => answer.trim().split('\n').map(readNode);

/** Reads a line such as `ID 127.0.0.1:7001@17001 myself,master - 0 0 1 connected 0-5460 [93->-ID]`. */
function readNode(line: string): KnownNode {
  const [id = '', address = '', flags = '', masterId = '-', , , , , ...slots] = line.split(' ');
  const allFlags = flags.split(',');
  return {
    id,
    port: Number(/:(\d+)/.exec(address)?.[1]),
    isMaster: allFlags.includes('master'),
    isDown: allFlags.some((flag) => flag.startsWith('fail')),
    masterId,
    slots: slots.filter((range) => !range.startsWith('[')).map(readRange),
  };
}

function readRange(text: string): [number, number] {
  const [first = 0, last = first] = text.split('-').map(Number);
  return [first, last];
}
