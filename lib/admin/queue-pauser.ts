import type { Shard, Shards } from '../driver/shard.js';
import { deleteKey } from '../protocol/operations/keys.js';
import { markPaused } from '../protocol/operations/mark-paused.js';
import { publish } from '../protocol/operations/publish.js';
import { encodeControlMessage } from '../protocol/wire/control-message.js';
import type { PausedQueue } from './paused-queue.js';
import { hears } from './running-question.js';
import type { ShardCalls } from './shard-calls.js';
import type { WorkerReader } from './worker-reader.js';

/** Pauses queues for the workers of all processes, and resumes them. */
export class QueuePauser {
  constructor(
    private readonly shards: Shards,
    private readonly calls: ShardCalls,
    private readonly workers: WorkerReader,
  ) {}

  async pause(queue: string): Promise<PausedQueue> {
    await this.inAllShards(queue, (shard) =>
      this.calls.run(shard, markPaused, {
        paused: shard.keys.queue(queue).paused,
        since: shard.driver.clock.now(),
      }),
    );
    const { alive } = await this.workers.read(queue);
    return {
      queue,
      workers: alive.filter(hears),
      olderWorkers: alive.filter((worker) => !hears(worker)),
    };
  }

  resume(queue: string): Promise<void> {
    return this.inAllShards(queue, (shard) =>
      this.calls.run(shard, deleteKey, shard.keys.queue(queue).paused),
    );
  }

  private async inAllShards(queue: string, work: (shard: Shard) => Promise<void>): Promise<void> {
    await Promise.all(
      this.shards.of(queue).map(async (shard) => {
        await work(shard);
        await this.tell(queue, shard);
      }),
    );
  }

  /** Lets the workers look at once. Who may not publish still pauses: they look with each renewal of their lease. */
  private async tell(queue: string, shard: Shard): Promise<void> {
    const message = encodeControlMessage({ ask: 'renew', queue });
    try {
      await this.calls.run(shard, publish, { channel: shard.keys.control, message });
    } catch {
      // Heard with the next renewal.
    }
  }
}
