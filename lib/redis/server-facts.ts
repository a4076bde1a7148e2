/** What a server says of itself in `INFO`. */
export interface ServerFacts {
  /** A new one each time the server starts. */
  readonly runId: string | undefined;
  readonly version: string | undefined;
  /** Whether it is a replica, which takes no writes. */
  readonly isReplica: boolean;
  /** Whether it still reads its data from disk. */
  readonly isLoading: boolean;
  /** Whether it is a node of a Redis Cluster. */
  readonly isCluster: boolean;
  /** Its `maxmemory-policy`. */
  readonly evictionPolicy: string | undefined;
}

/** @param info - the answer to `INFO`; `undefined` where the server refuses it. */
export function parseServer(info: string | undefined): ServerFacts | undefined {
  if (info === undefined) {
    return undefined;
  }
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  return {
    runId: field('run_id'),
    version: field('redis_version'),
    isReplica: field('role') === 'slave',
    isLoading: field('loading') === '1',
    isCluster: field('cluster_enabled') === '1',
    evictionPolicy: field('maxmemory_policy'),
  };
}
