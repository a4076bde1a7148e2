import type { Cluster, ClusterNode, ClusterOptions, Redis, RedisOptions } from 'ioredis';

export type { Redis } from 'ioredis';

/** A Redis Cluster: some of its nodes, and options of ioredis for a `Cluster`. */
export interface ClusterConnection extends ClusterOptions {
  /** Nodes to ask for all others. One would do while it is up. */
  readonly nodes: readonly ClusterNode[];
}

/**
 * What names the Redis server in the options:
 *
 * - a URL, as a text or a `URL`: `redis://`, `rediss://`, the path of a Unix socket, or `memory://`
 * - options of ioredis
 * - a `Redis` of ioredis: the library takes over its options, and never uses, changes or closes it
 * - a function that returns a new `Redis` each time, which the library closes
 *
 * A Redis Cluster is named by
 *
 * - a URL with some of its nodes: `redis+cluster://one:6379,two:6379`, or `rediss+cluster://` for TLS
 * - `nodes`, with options of ioredis for a `Cluster`: see {@link ClusterConnection}
 * - a `Cluster` of ioredis: the library takes over its options, and never uses, changes or closes it
 */
export type ConnectionOption =
  string | URL | RedisOptions | Redis | ClusterConnection | Cluster | (() => Redis);
