import type { Redis } from 'ioredis';
import { messageOf } from '../errors/error-text.js';
import { explainRefusal, isRefusal, meaningOfRefusal } from '../driver/refusal.js';
import { ServerTroubleError, UnusableServerError } from '../driver/server-trouble.js';
import type { ClusterSlot } from './topology/owner-connector.js';

/** Field of the number of shards. */
const COUNT_FIELD = 'shards';

/** Beginning of the field of a hot queue; its name follows. */
const HOT_PREFIX = 'hot:';

/** Settings that all processes of an instance on a Cluster have to share. */
export interface ShardSettings {
  readonly shards: number;
  readonly hotQueues: readonly string[];
}

/** Reads the fields of the hash with the settings. */
export function shardSettingsIn(fields: Readonly<Record<string, string>>): ShardSettings {
  const hot = Object.keys(fields).filter((field) => field.startsWith(HOT_PREFIX));
  return {
    shards: Number(fields[COUNT_FIELD]),
    hotQueues: hot.map((field) => field.slice(HOT_PREFIX.length)),
  };
}

/**
 * Makes sure that all processes of an instance spread the queues over the same shards. The first process writes the number of shards
 * into the Cluster, and each adds its hot queues; a process with another number is refused.
 */
export class ShardAgreement {
  /** Hot queues of all processes; empty until the first {@link reach} has succeeded. */
  hotQueues: ReadonlySet<string> = new Set();
  private reaching: Promise<void> | undefined;

  /** @param clusterSlot - the slot of the key with the settings. */
  constructor(
    private readonly clusterSlot: ClusterSlot,
    private readonly settings: ShardSettings,
  ) {}

  /**
   * Exchanges the settings with the Cluster, if that has not succeeded before. The messages of its errors end a sentence that begins with
   * the address of the server.
   * @throws UnusableServerError if the settings contradict those of other processes, or are refused.
   * @throws ServerTroubleError if the Cluster cannot be asked now.
   */
  reach(): Promise<void> {
    this.reaching ??= this.reachOnce().catch((error: unknown) => {
      this.reaching = undefined;
      throw error;
    });
    return this.reaching;
  }

  private async reachOnce(): Promise<void> {
    const { shards, hotQueues } = shardSettingsIn(await this.exchange());
    if (shards !== this.settings.shards) {
      throw new UnusableServerError(
        `has the queues of other processes in ${shards} shards, but this process has \`shards: ${this.settings.shards}\`: set ` +
          `\`shards: ${shards}\`, or stop all processes and delete the key "${this.clusterSlot.key}" when the queues are empty`,
      );
    }
    this.hotQueues = new Set(hotQueues);
  }

  private async exchange(): Promise<Record<string, string>> {
    const { owners, slot, key } = this.clusterSlot;
    try {
      return await owners.runOnOwner(slot, (redis) => this.writeAndRead(redis));
    } catch (error) {
      owners.forget();
      const what = `the settings of the shards in "${key}"`;
      if (isRefusal(error) && meaningOfRefusal(error) === 'permanent') {
        throw new UnusableServerError(`refuses ${what} (${explainRefusal(error)})`);
      }
      const reason = isRefusal(error) ? explainRefusal(error) : messageOf(error);
      throw new ServerTroubleError(`cannot read ${what} (${reason})`, 'warn');
    }
  }

  /** Writes the own settings that are missing, and reads those of all processes. */
  private async writeAndRead(redis: Redis): Promise<Record<string, string>> {
    const { key } = this.clusterSlot;
    const { shards, hotQueues } = this.settings;
    await redis.hsetnx(key, COUNT_FIELD, shards);
    for (const queue of hotQueues) {
      await redis.hsetnx(key, HOT_PREFIX + queue, 1);
    }
    return redis.hgetall(key);
  }
}
