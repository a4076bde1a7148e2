import { RestartableRedis } from './restartable-redis.js';
import { waitFor } from './wait-for.js';

/** A replica follows at once, and goes on where it was after it was away. */
const REPLICATION = {
  'repl-diskless-sync-delay': '0',
  'repl-backlog-size': '64mb',
  'replica-announce-ip': '127.0.0.1',
};

/** A primary and its replica, which can change places without losing anything. */
export class RedisPair {
  private constructor(
    /** The one that takes writes. */
    public primary: RestartableRedis,
    public replica: RestartableRedis,
  ) {}

  static async start(): Promise<RedisPair> {
    const pair = new RedisPair(
      await RestartableRedis.start(REPLICATION),
      await RestartableRedis.start(REPLICATION),
    );
    const { primary } = pair;
    await pair.replica.look((redis) => redis.replicaof('127.0.0.1', primary.port));
    await inSync(primary);
    return pair;
  }

  /** The two change places: nobody may write until the replica has all that there is. */
  async swap(): Promise<void> {
    const { primary, replica } = this;
    await inSync(primary);
    await primary.look((redis) => redis.call('FAILOVER'));
    await replica.look((redis) => waitFor(async () => (await redis.role())[0] === 'master'));
    [this.primary, this.replica] = [replica, primary];
    await inSync(replica);
  }

  async stop(): Promise<void> {
    await Promise.all([this.primary.stop(), this.replica.stop()]);
  }
}

/** Resolves when a replica of this primary holds all that the primary does. */
export function inSync(primary: RestartableRedis): Promise<void> {
  return primary.look((redis) =>
    waitFor(async () => {
      const [, offset, replicas] = (await redis.role()) as [string, number, string[][]];
      return replicas.some((replica) => Number(replica[2]) >= offset);
    }),
  );
}
