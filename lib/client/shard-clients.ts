import type { Shard, Shards } from '../driver/shard.js';
import { requesterRights } from './requester-rights.js';
import { ShardClient, type ClientSite } from './shard-client.js';

/** The parts of a client, one for each shard that it uses. */
export class ShardClients {
  private readonly byShard = new Map<Shard, ShardClient>();
  private readonly all: ShardClient[] = [];

  constructor(
    private readonly shards: Shards,
    private readonly site: ClientSite,
  ) {}

  /** @returns the part for the shard of the next job of a queue, which is created on first use. */
  next(queue: string): ShardClient {
    const shard = this.shards.next(queue);
    // What it makes outlives the call.
    return (
      this.byShard.get(shard) ?? this.site.scope.runInAsyncScope(this.make, this, shard, queue)
    );
  }

  /** Number of pending emits. */
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

  /** Number of replies that arrived although no request waited for them. */
  get droppedReplies(): number {
    return this.all.reduce((sum, { droppedReplies }) => sum + droppedReplies, 0);
  }

  /** Closes all parts at the same time, so that an unreachable shard does not delay the others. */
  async close(): Promise<void> {
    await this.site.scope.runInAsyncScope(() => Promise.all(this.all.map((each) => each.close())));
  }

  private make(shard: Shard, queue: string): ShardClient {
    const { driver, keys } = shard;
    driver.needs(requesterRights(keys.queue(queue), keys.replies(this.site.clientId)));
    const made = new ShardClient(shard, this.site);
    this.byShard.set(shard, made);
    this.all.push(made);
    return made;
  }
}
