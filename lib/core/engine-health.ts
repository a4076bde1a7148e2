import { ServerPing } from '../client/server-ping.js';
import { resultWithin } from '../driver/in-time.js';
import type { Shards } from '../driver/shard.js';
import { ConnectionFailedError } from '../errors/index.js';
import type { ObservedEngine, QueueInspection } from './observed-engine.js';

/** What was found at the servers of an instance. */
export interface ServerHealth {
  /** The slowest round trip, ms; `undefined` without an answer in time. */
  readonly roundTrip: number | undefined;
  /** Why there was no answer. */
  readonly failure: ConnectionFailedError | undefined;
  /** The queues that were asked for; none without a round trip. */
  readonly queues: ReadonlyMap<string, QueueInspection>;
}

/** Asks the servers of one instance, for checks of its health. */
export class EngineHealth {
  private readonly ping: ServerPing;

  constructor(
    private readonly shards: Shards,
    private readonly observed: ObservedEngine,
  ) {
    this.ping = new ServerPing(shards);
  }

  /** The server: `redis://host:port/database`, without user and password. */
  get server(): string {
    return this.observed.server;
  }

  /**
   * Asks for a round trip, then for the state of some queues.
   * @param ms - upper limit of the time that all this takes.
   */
  async look(queues: readonly string[], ms: number): Promise<ServerHealth> {
    const { runtime } = this.shards;
    const begin = runtime.now();
    try {
      const roundTrip = await this.ping.slowest(ms, queues);
      const left = Math.max(1, ms - (runtime.now() - begin));
      const found = queues.map(async (queue) => {
        const inspection = this.observed.look(queue);
        return [queue, await resultWithin(left, inspection, undefined, runtime)] as const;
      });
      return { roundTrip, failure: undefined, queues: new Map(await Promise.all(found)) };
    } catch (error) {
      if (error instanceof ConnectionFailedError) {
        return { roundTrip: undefined, failure: error, queues: new Map() };
      }
      throw error;
    }
  }
}
