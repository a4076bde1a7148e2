import type { Cluster, Redis, RedisOptions } from 'ioredis';

export type { Redis } from 'ioredis';

/**
 * What names the Redis server in the options:
 *
 * - a URL, as a text or a `URL`: `redis://`, `rediss://`, the path of a Unix socket, or `memory://`
 * - options of ioredis
 * - a `Redis` of ioredis: the library takes over its options, and never uses, changes or closes it
 * - a function that returns a new `Redis` each time, which the library closes
 *
 * A `Cluster` compiles, and is refused with an `InvalidOptionError` by this version.
 */
export type ConnectionOption =
  string | URL | RedisOptions | Redis | Cluster | (() => Redis | Cluster);
