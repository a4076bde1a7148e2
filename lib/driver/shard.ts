import type { Keys } from '../protocol/keys.js';
import type { Driver } from './driver.js';
import type { Runtime } from './runtime.js';

/** A key space that one server holds as a whole, and the way to that server. */
export interface Shard {
  readonly driver: Driver;
  readonly keys: Keys;
}

/** All shards that an application uses, and which of them holds a queue. */
export interface Shards {
  readonly all: readonly Shard[];
  /** What everything that uses them goes by. */
  readonly runtime: Runtime;
  of(queue: string): Shard;
}

/** @returns the only shard of a single server, which holds all queues. */
export function singleShard(driver: Driver, keys: Keys): Shards {
  const shard: Shard = { driver, keys };
  return { all: [shard], runtime: driver.runtime, of: () => shard };
}
