import { IS_CLUSTER_NODE } from '../../driver/refusal.js';

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

/**
 * @param hasBlmove - `undefined` if the server does not tell.
 * @returns why the server cannot be used, as the end of a sentence that begins with its address.
 */
export function serverProblem(
  server: ServerFacts | undefined,
  hasBlmove: boolean | undefined,
): string | undefined {
  if (server?.isCluster) {
    return IS_CLUSTER_NODE;
  }
  if (server?.isSentinel) {
    return IS_SENTINEL;
  }
  const version = server?.version === undefined ? 'a Redis' : `Redis ${server.version}`;
  if (hasBlmove === false || isTooOld(server?.version)) {
    return `is ${version} without the command BLMOVE: use Redis 6.2 or newer, or Valkey`;
  }
  return undefined;
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
