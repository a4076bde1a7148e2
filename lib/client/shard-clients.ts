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
    return this.sum(pendingEmits);
  }

  /** UTF-16 units of the jobs whose push is not confirmed. */
  get unconfirmedLength(): number {
    return this.sum(unconfirmedLength);
  }

  /** How many replies came that nobody waited for. */
  get droppedReplies(): number {
    return this.sum(droppedReplies);
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

  private sum(count: (each: ShardClient) => number): number {
    let sum = 0;
    for (const each of this.all) {
      sum += count(each);
    }
    return sum;
  }
}

// Made once: two of them are asked for each request.
const pendingEmits = (each: ShardClient): number => each.pendingEmits;
const unconfirmedLength = (each: ShardClient): number => each.unconfirmedLength;
const droppedReplies = (each: ShardClient): number => each.droppedReplies;
