/** Facts that a server tells in `INFO`. */
export interface ServerFacts {
  /** Id of this run of the server; new after each start. */
  readonly runId: string | undefined;
  readonly version: string | undefined;
  /** Whether it is a replica, which accepts no writes. */
  readonly isReplica: boolean;
  /** Whether it is still loading its data. */
  readonly isLoading: boolean;
  /** Whether it is a node of a Redis Cluster. */
  readonly isCluster: boolean;
  /** Whether it is a Sentinel. */
  readonly isSentinel: boolean;
  /** Its `maxmemory-policy`. */
  readonly evictionPolicy: string | undefined;
}

/** The first version of Redis that has `BLMOVE`. */
const FIRST_VERSION_WITH_BLMOVE = [6, 2] as const;

/** @param info - the answer to `INFO`; `undefined` if the server refuses it. */
export function parseServer(info: string): ServerFacts;
export function parseServer(info: string | undefined): ServerFacts | undefined;
export function parseServer(info: string | undefined): ServerFacts | undefined {
  if (info === undefined) {
    return undefined;
  }
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  return {
    runId: field('run_id') || undefined,
    version: field('redis_version') || undefined,
    isReplica: ['slave', 'replica'].includes(field('role') ?? ''),
    isLoading: field('loading') === '1',
    isCluster: field('cluster_enabled') === '1',
    isSentinel: field('redis_mode') === 'sentinel',
    evictionPolicy: field('maxmemory_policy'),
  };
}

/** The end of a sentence that begins with the address of a server. */
const IS_CLUSTER_NODE =
  'is a node of a Redis Cluster: connect to it by a redis+cluster:// URL, or set `nodes: [{ host, port }]` in `connection`';

/** The end of such a sentence. */
export const IS_NO_CLUSTER_NODE =
  'is not a node of a Redis Cluster: connect to it by a redis:// URL, or correct the nodes';

/** Commands that nothing works without, and that some servers rename or disable, or are too old for. */
export const NEEDED_COMMANDS = ['BLMOVE', 'LPOS', 'EVAL', 'EVALSHA'] as const;

/** What else is known of a server and of the options that name it. */
export interface ServerCheck {
  /** Those of the {@link NEEDED_COMMANDS} that it does not know; none if it does not tell. */
  readonly unknownCommands: readonly string[];
  /** Whether the options name a Cluster. */
  readonly isClusterExpected: boolean;
}

/** @returns why the server cannot be used, as the end of a sentence that begins with its address. */
export function serverProblem(
  server: ServerFacts | undefined,
  { unknownCommands, isClusterExpected }: ServerCheck,
): string | undefined {
  if (server && server.isCluster !== isClusterExpected && !server.isSentinel) {
    return server.isCluster ? IS_CLUSTER_NODE : IS_NO_CLUSTER_NODE;
  }
  if (server?.isSentinel) {
    return IS_SENTINEL;
  }
  const version = server?.version === undefined ? 'a Redis' : `Redis ${server.version}`;
  if (unknownCommands.includes('BLMOVE') || isTooOld(server?.version)) {
    return `is ${version} without the command BLMOVE: use Redis 6.2 or newer, or Valkey`;
  }
  return unknownCommands.length > 0
    ? `does not know ${unknownCommands.join(', ')}: renamed or disabled (rename-command in redis.conf). Enable it under its own name`
    : undefined;
}

const IS_SENTINEL =
  'is a Sentinel, which holds no data: set `sentinels: [{ host, port }]` to its address and `name` to the primary that it watches';

function isTooOld(version = ''): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version)?.map(Number) ?? [];
  if (major === undefined || minor === undefined) {
    return false;
  }
  const [firstMajor, firstMinor] = FIRST_VERSION_WITH_BLMOVE;
  return major < firstMajor || (major === firstMajor && minor < firstMinor);
}
