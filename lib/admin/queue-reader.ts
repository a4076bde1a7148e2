import type { Shard, Shards } from '../driver/shard.js';
import { countDeadLetters } from '../protocol/operations/dead-letters.js';
import { inspectQueue } from '../protocol/operations/inspect-queue.js';
import { countKeys } from '../protocol/operations/keys.js';
import { listQueues } from '../protocol/operations/list-queues.js';
import { listLength } from '../protocol/operations/lists.js';
import type { QueueSnapshot } from './queue-snapshot.js';
import { readCounts } from './read-counts.js';
import type { ShardCalls } from './shard-calls.js';
import { sumOf } from './sum-of.js';
import type { WorkerReader } from './worker-reader.js';

/** Reads the state of queues, of all shards together. */
export class QueueReader {
  constructor(
    private readonly shards: Shards,
    private readonly calls: ShardCalls,
    private readonly workers: WorkerReader,
  ) {}

  /** @returns the names of the queues that were ever served, sorted. */
  async names(): Promise<string[]> {
    const lists = await Promise.all(
      this.shards.all.map((shard) => this.calls.run(shard, listQueues, shard.keys.queues)),
    );
    return [...new Set(lists.flat().map(({ queue }) => queue))].toSorted();
  }

  async read(queue: string): Promise<QueueSnapshot> {
    const [parts, { alive, counts }] = await Promise.all([
      Promise.all(this.shards.of(queue).map((shard) => this.readShard(queue, shard))),
      this.workers.read(queue),
    ]);
    return {
      queue,
      waiting: sumOf(parts.map(({ waiting }) => waiting)),
      age: Math.max(...parts.map(({ age }) => age)),
      running: sumOf(alive.map(({ running = 0 }) => running)),
      workers: alive.length,
      dead: sumOf(parts.map(({ dead }) => dead)),
      isPaused: parts.some(({ isPaused }) => isPaused),
      counts: readCounts(counts),
    };
  }

  private async readShard(queue: string, shard: Shard) {
    const { requests, workers, deadLetters, deadList, paused } = shard.keys.queue(queue);
    const [state, withId, listed, isPaused] = await this.calls.make(shard, (line) =>
      line.all((run) => [
        run(inspectQueue, { requests, workers }),
        run(countDeadLetters, deadLetters),
        run(listLength, deadList),
        run(countKeys, [paused]),
      ]),
    );
    return {
      waiting: state.queueLength,
      age: state.age,
      dead: withId + listed,
      isPaused: isPaused > 0,
    };
  }
}
