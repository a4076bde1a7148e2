import type { Shard, Shards } from '../driver/shard.js';
import type { CountsByField } from '../protocol/job-counts.js';
import {
  MAX_READ_HASHES,
  readWorkers,
  type ReadWorker,
  type WorkersOfQueue,
} from '../protocol/operations/read-workers.js';
import { readCounts } from './read-counts.js';
import type { ShardCalls } from './shard-calls.js';
import type { WorkerSnapshot } from './worker-snapshot.js';

/** Most readings until one was not disturbed by a worker that came or went. */
const MAX_READINGS = 3;

/** One worker of a queue in one shard. */
interface FoundWorker extends ReadWorker {
  readonly id: string;
  readonly expiry: number;
}

/** The workers of a queue in all shards. */
export interface FoundWorkers {
  /** Those that are alive, each once. */
  readonly alive: readonly WorkerSnapshot[];
  /** What all workers have counted, also those that are gone. */
  readonly counts: readonly CountsByField[];
}

/** Reads what the workers of queues tell. */
export class WorkerReader {
  constructor(
    private readonly shards: Shards,
    private readonly calls: ShardCalls,
  ) {}

  async read(queue: string): Promise<FoundWorkers> {
    const parts = await Promise.all(
      this.shards.of(queue).map((shard) => this.readShard(queue, shard)),
    );
    const alive = new Map<string, FoundWorker[]>();
    for (const { now, workers } of parts) {
      for (const worker of workers.filter(({ expiry }) => expiry > now)) {
        alive.set(worker.id, [...(alive.get(worker.id) ?? []), worker]);
      }
    }
    return {
      alive: [...alive.values()].map((parted) => snapshotOf(queue, parted)),
      counts: parts.flatMap(({ totals, workers }) => [
        totals,
        ...workers.map(({ counts }) => counts),
      ]),
    };
  }

  /** Reads until no worker came or went meanwhile: one that goes adds its counts to the totals. */
  private async readShard(queue: string, shard: Shard) {
    let known = await this.call(queue, shard, []);
    for (let readings = 1; ; readings++) {
      const ids = idsOf(known);
      const read: ReadWorker[] = [];
      let latest = known;
      for (let first = 0; first < ids.length; first += MAX_READ_HASHES) {
        latest = await this.call(queue, shard, ids.slice(first, first + MAX_READ_HASHES));
        read.push(...latest.workers);
      }
      if (readings === MAX_READINGS || idsOf(latest).toSorted().join() === ids.toSorted().join()) {
        const expiries = new Map(latest.leases.map((lease) => [lease.workerId, lease.expiry]));
        const workers = read.flatMap((worker, index): FoundWorker[] => {
          const id = ids[index] ?? '';
          const expiry = expiries.get(id);
          return expiry === undefined ? [] : [{ ...worker, id, expiry }];
        });
        return { now: latest.now, totals: latest.totals, workers };
      }
      known = latest;
    }
  }

  private call(queue: string, shard: Shard, ids: readonly string[]): Promise<WorkersOfQueue> {
    const keys = shard.keys.queue(queue);
    return this.calls.run(shard, readWorkers, {
      workers: keys.workers,
      totals: keys.totals,
      hashes: ids.map((id) => keys.worker(id)),
    });
  }
}

const idsOf = ({ leases }: WorkersOfQueue): string[] => leases.map(({ workerId }) => workerId);

/** @param parts - the same worker in each shard of a hot queue. */
function snapshotOf(queue: string, parts: readonly FoundWorker[]): WorkerSnapshot {
  const [first] = parts as [FoundWorker, ...FoundWorker[]];
  const { host, pid, started, handler, version, concurrency, paused } = first.fields;
  const running = parts.map((part) => numberOf(part.fields.running));
  return {
    id: first.id,
    queue,
    host,
    pid: numberOf(pid),
    startedAt: numberOf(started),
    leaseUntil: Math.min(...parts.map(({ expiry }) => expiry)),
    handler: handler || undefined,
    version: version || undefined,
    concurrency: numberOf(concurrency),
    running: running.reduce((sum, each) => (sum === undefined ? each : sum + (each ?? 0))),
    isPaused: paused === '' ? undefined : parts.every((part) => part.fields.paused === '1'),
    counts: readCounts(parts.map(({ counts }) => counts)),
  };
}

/** Reads a number that anybody may have written. */
const numberOf = (text: string): number | undefined =>
  /^\d{1,15}$/.test(text) ? Number(text) : undefined;
