import { Cluster } from 'ioredis';
import { shardTags } from '../../lib/protocol/hash-slot.js';
import { shardIndexOf } from '../../lib/redis/shard-of-queue.js';
import type { TestCluster } from './cluster.js';
import type { Look } from './memory-look.js';

/** Default of the option `shards`. */
const SHARDS = 16;

const TAGS = shardTags(SHARDS);

/** Matches a key of a queue; the group is the name of the queue, as `randomQueue` makes it. */
const KEY_OF_QUEUE = /^(test-[\da-f-]{36}:)/;

/**
 * Looks at a Cluster with the keys of a single server: the hash tag of the shard is put in front of each key, and taken from the keys that
 * are found.
 */
export class ClusterLook {
  private readonly redis: Cluster;
  /** Hash tag of the queue that was looked at last. */
  private lastTag = TAGS[0];

  constructor(private readonly cluster: TestCluster) {
    this.redis = new Cluster([...cluster.connection.nodes], {
      redisOptions: { connectionName: 'look' },
    });
  }

  /** Commands of Redis, as ioredis has them. */
  get commands(): Look {
    const commandOf = (_: Look, name: string) => this.commandOf(name);
    return new Proxy({} as Look, { get: commandOf });
  }

  close(): void {
    this.redis.disconnect();
  }

  private commandOf(name: string): (...args: string[]) => Promise<unknown> {
    const run = (...args: string[]): Promise<unknown> =>
      Promise.resolve(Reflect.get(this.redis, name).call(this.redis, ...args));
    switch (name) {
      case 'keys':
        return (pattern = '*') => this.keys(pattern);
      case 'time':
        return run;
      case 'del':
      case 'exists':
        return async (...keys) => {
          const counts = await Promise.all(keys.map(async (key) => run(await this.tagged(key))));
          return counts.reduce((sum: number, count) => sum + Number(count), 0);
        };
      default:
        return async (key = '', ...args) => run(await this.tagged(key), ...args);
    }
  }

  private async keys(pattern: string): Promise<string[]> {
    const keys = await this.cluster.keys(`{*}${pattern}`);
    return keys.map((key) => key.replace(/^\{\d+\}/, ''));
  }

  /**
   * @returns the key in the shard of its queue; any other key, such as a reply list, in the shard where it exists, or else in that of the
   * queue that was looked at last.
   */
  private async tagged(key: string): Promise<string> {
    const [, queue] = KEY_OF_QUEUE.exec(key) ?? [];
    if (queue !== undefined) {
      this.lastTag = TAGS[shardIndexOf(queue, SHARDS)];
      return `{${this.lastTag}}${key}`;
    }
    const candidates = [this.lastTag, ...TAGS].map((tag) => `{${tag}}${key}`);
    const exist = await Promise.all(candidates.map((candidate) => this.redis.exists(candidate)));
    return candidates[Math.max(0, exist.indexOf(1))] ?? key;
  }
}
