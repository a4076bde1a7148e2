import type { Keys } from '../protocol/keys.js';
import type { Driver } from './driver.js';
import type { Runtime } from './runtime.js';

/** One server's part of the queues: the driver for the server, and the keys that it holds. */
export interface Shard {
  readonly driver: Driver;
  readonly keys: Keys;
}

/** The server of an application, or its Cluster, as a whole: what the start and the end of an application need. */
export type Servers = Pick<
  Driver,
  'serverName' | 'runtime' | 'isReady' | 'usable' | 'trouble' | 'lost' | 'close'
>;

/** All shards that an application uses. */
export interface Shards {
  readonly all: readonly Shard[];
  readonly servers: Servers;
  /** Clock, timers and ids for everything that uses the shards. */
  readonly runtime: Runtime;
  /** @returns the shard for the next job of a queue; for a hot queue another one in each turn of the event loop, all in turn. */
  next(queue: string): Shard;
  /** @returns the shards that hold jobs of a queue: one, or all for a hot queue. */
  of(queue: string): readonly Shard[];
  /**
   * Waits until it is known that other processes push the jobs of these queues to no other shards than {@link of} returns.
   * @throws InvalidOptionError if they do.
   */
  agreeOn(queues: readonly string[]): Promise<void>;
}

/** @returns the only shard of a single server, which holds all queues. */
export function singleShard(driver: Driver, keys: Keys): Shards {
  const shard: Shard = { driver, keys };
  const all = [shard];
  return {
    all,
    servers: driver,
    runtime: driver.runtime,
    next: () => shard,
    of: () => all,
    agreeOn: async () => undefined,
  };
}
