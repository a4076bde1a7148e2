import type { Shard, Shards } from '../driver/shard.js';
import { ShardClient, type ClientSite } from './shard-client.js';

/** One client in each shard that it uses. */
export class ShardClients {
  private readonly byShard = new Map<Shard, ShardClient>();
  private readonly all: ShardClient[] = [];

  constructor(
    private readonly shards: Shards,
    private readonly site: ClientSite,
  ) {}

  /** @returns the one in the shard that takes the next job of a queue; it is made on first use. */
  of(queue: string): ShardClient {
    const shard = this.shards.of(queue);
    return this.byShard.get(shard) ?? this.make(shard);
  }

  /** How many emits wait for their end. */
  get pendingEmits(): number {
    let sum = 0;
    for (const { pendingEmits } of this.all) {
      sum += pendingEmits;
    }
    return sum;
  }

  /** UTF-16 units of the jobs whose push is not confirmed. */
  get unconfirmedLength(): number {
    let sum = 0;
    for (const { unconfirmedLength } of this.all) {
      sum += unconfirmedLength;
    }
    return sum;
  }

  /** How many replies came that nobody waited for. */
  get droppedReplies(): number {
    return this.all.reduce((sum, { droppedReplies }) => sum + droppedReplies, 0);
  }

  /** Closes them at the same time, so that a shard that is away holds up no other one. */
  async close(): Promise<void> {
    await Promise.all(this.all.map((each) => each.close()));
  }

  private make(shard: Shard): ShardClient {
    const made = new ShardClient(shard, this.site);
    this.byShard.set(shard, made);
    this.all.push(made);
    return made;
  }
}
