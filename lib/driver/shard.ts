import type { Keys } from '../protocol/keys.js';
import type { Driver } from './driver.js';
import type { Runtime } from './runtime.js';

/** One server's part of the queues: the driver for the server, and the keys that it holds. */
export interface Shard {
  readonly driver: Driver;
  readonly keys: Keys;
}

/** All shards that an application uses. */
export interface Shards {
  readonly all: readonly Shard[];
  /** Clock, timers and ids for everything that uses the shards. */
  readonly runtime: Runtime;
  /** @returns the shard that holds a queue. */
  of(queue: string): Shard;
}

/** @returns the only shard of a single server, which holds all queues. */
export function singleShard(driver: Driver, keys: Keys): Shards {
  const shard: Shard = { driver, keys };
  return { all: [shard], runtime: driver.runtime, of: () => shard };
}
