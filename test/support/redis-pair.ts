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
    await replica.look((redis) =>
      waitFor(async () => (await redis.role())[0] === 'master', 30_000),
    );
    [this.primary, this.replica] = [replica, primary];
    await inSync(replica);
  }

  async stop(): Promise<void> {
    await Promise.all([this.primary.stop(), this.replica.stop()]);
  }
}

/** What `ROLE` says of a primary: how far it is, and how far each replica was when it last told. */
type PrimaryRole = readonly [
  'master',
  offset: number,
  replicas: readonly (readonly [ip: string, port: string, offset: string])[],
];

/** Resolves when the replicas of this primary hold all that the primary does now. */
export function inSync(primary: RestartableRedis): Promise<void> {
  return primary.look(async (redis) => {
    const role = async (): Promise<PrimaryRole> => (await redis.role()) as unknown as PrimaryRole;
    const [, now] = await role();
    await waitFor(async () => {
      const [, , replicas] = await role();
      return replicas.length > 0 && replicas.every(([, , offset]) => Number(offset) >= now);
    }, 30_000);
  });
}
