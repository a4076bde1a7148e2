import { nodesKnownTo, owns } from '../support/cluster-nodes.js';
import type { TestCluster } from '../support/cluster.js';
import { inSync } from '../support/redis-pair.js';
import type { RestartableRedis } from '../support/restartable-redis.js';
import { waitFor } from '../support/wait-for.js';
import { slotOfShard, SHARD_COUNT } from './cluster-load.js';

/** Longest time that a master may be paused before it is killed, ms. */
const LONGEST_PAUSE_MS = 20_000;

/** Shards that got another owner while they were in use. */
export interface Handover {
  readonly name: string;
  readonly shards: readonly number[];
  /** When it began, ms since 1970, as all other times. */
  readonly from: number;
  /** When the new owner of all these shards could be used. */
  readonly taken: number;
  /** When all nodes knew it. */
  readonly to: number;
  /** Whether connections broke, so that what was not confirmed may be done twice. */
  readonly isLoss: boolean;
}

/** Changes the owners of shards, one after another. */
export class Handovers {
  constructor(private readonly cluster: TestCluster) {}

  /** Lets a replica take the place of its master. */
  async failOver(master: RestartableRedis): Promise<Handover> {
    const { cluster } = this;
    const shards = await shardsOf(master);
    const replica = await this.replicaOf(master);
    return this.watched('CLUSTER FAILOVER', shards, false, replica, () => cluster.failover(master));
  }

  /** Kills a master, which has sent its replica all that it has confirmed, and starts it again. */
  async kill(master: RestartableRedis): Promise<Handover> {
    const { cluster } = this;
    const shards = await shardsOf(master);
    const replica = await this.replicaOf(master);
    // What arrives now is not carried out, and so not confirmed either.
    await cluster.run(master, 'CLIENT', 'PAUSE', LONGEST_PAUSE_MS, 'WRITE');
    await inSync(master);
    const handover = await this.watched('kill -9', shards, true, replica, async () => {
      await cluster.kill(master);
      await cluster.replaced(master);
    });
    await cluster.restart(master);
    return handover;
  }

  /** Moves the slots of shards to another master. */
  async migrate(shards: readonly number[], to: RestartableRedis): Promise<Handover> {
    return this.watched('migration', shards, false, to, async () => {
      for (const shard of shards) {
        await this.cluster.migrateSlot(slotOfShard(shard), to, { keysAtATime: 5, pause: 5 });
      }
    });
  }

  private async watched(
    name: string,
    shards: readonly number[],
    isLoss: boolean,
    owner: RestartableRedis,
    change: () => Promise<unknown>,
  ): Promise<Handover> {
    const from = Date.now();
    const [taken] = await Promise.all([whenTaken(owner, shards), change()]);
    return { name, shards, from, taken, to: Date.now(), isLoss };
  }

  private async replicaOf(master: RestartableRedis): Promise<RestartableRedis> {
    const [replica] = await this.cluster.replicasOf(master);
    if (!replica) {
      throw new Error(`The master on port ${master.port} has no replica`);
    }
    return replica;
  }
}

/** @returns the shards that a node owns, as it says itself. */
export const shardsOf = (node: RestartableRedis): Promise<number[]> =>
  nodesKnownTo(node).then((known) => {
    const self = known.find(({ port }) => port === node.port);
    return Array.from({ length: SHARD_COUNT }, (_, shard) => shard).filter(
      (shard) => self !== undefined && owns(self, slotOfShard(shard)),
    );
  });

/** @returns the time when a node has all of these shards. */
async function whenTaken(owner: RestartableRedis, shards: readonly number[]): Promise<number> {
  await waitFor(async () => {
    const owned = new Set(await shardsOf(owner));
    return shards.every((shard) => owned.has(shard));
  }, 30_000);
  return Date.now();
}
