import { setMaxListeners } from 'node:events';
import { counted } from '../errors/counted.js';
import type { Shard, Shards } from '../driver/shard.js';
import type { RunContext } from './running/run-context.js';
import type { OutageHistory } from './liveness/outage-history.js';
import type { ReplyWorker } from './reply-worker.js';
import { ShardWorkers } from './shard-workers.js';
import type { JobHandler, SessionParts } from './worker-options.js';

/** How long a stop waits before it logs what it waits for, ms. */
const STOP_REPORT_DELAY_MS = 3_000;

/** Most queues that this log line names. */
const MAX_NAMED_QUEUES = 5;

/** The workers of all queues and shards, from one start until the next stop. */
export class WorkerSession {
  private readonly shards: ReadonlyMap<Shard, ShardWorkers>;
  private stopped: Promise<void> | undefined;

  /** @param outagesOf - returns the outages that this process has seen on a queue. */
  constructor(
    handlers: readonly JobHandler[],
    private readonly parts: SessionParts,
    outagesOf: (queue: string) => OutageHistory,
  ) {
    const { shards, ...shared } = parts;
    const workerId = shards.runtime.randomUUID();
    this.shards = new Map(
      [...groupByShard(handlers, shards)].map(([shard, those]) => [
        shard,
        new ShardWorkers(those, { ...shared, shard, workerId }, outagesOf),
      ]),
    );
  }

  of(queue: string): ReplyWorker | undefined {
    return this.shardOf(queue)?.of(queue);
  }

  /** What Redis refuses so that the worker of a queue takes no jobs; `undefined` while it takes jobs. */
  refusalOf(queue: string): string | undefined {
    return this.shardOf(queue)?.refusalOf(queue);
  }

  /**
   * Resolves when Redis knows the workers and they take jobs, or when they were stopped before.
   * @param paused - queues that are paused.
   * @throws when no connection can be made at all. Everything that was started is stopped then.
   */
  async start(paused: ReadonlySet<string>): Promise<void> {
    try {
      await Promise.all(this.all.map((workers) => workers.start(paused)));
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Stops all workers. Stopping twice does no harm. */
  stop(): Promise<void> {
    this.stopped ??= this.stopOnce();
    return this.stopped;
  }

  /** Excuses a job that stops the workers and most likely waits for the stop, so that they cannot wait for the job. */
  excuse(job: RunContext): void {
    for (const workers of this.all) {
      workers.excuse(job);
    }
  }

  private get all(): readonly ShardWorkers[] {
    return [...this.shards.values()];
  }

  private shardOf(queue: string): ShardWorkers | undefined {
    return this.shards.get(this.parts.shards.of(queue));
  }

  private async stopOnce(): Promise<void> {
    const { shards, options } = this.parts;
    const { runtime } = shards;
    const outOfTime = new AbortController();
    // Each queue adds one or two listeners.
    setMaxListeners(0, outOfTime.signal);
    const timer = runtime.setTimeout(() => outOfTime.abort(), options.shutdownTimeout);
    const telling = runtime.setTimeout(() => this.logWait(), STOP_REPORT_DELAY_MS).unref();
    await Promise.all(this.all.map((workers) => workers.stop(outOfTime.signal)));
    runtime.clear(timer);
    runtime.clear(telling);
    await Promise.all(this.all.map((workers) => workers.retire()));
  }

  /** Logs what a stop that takes long waits for. */
  private logWait(): void {
    const waits = this.all
      .flatMap((workers) => workers.all)
      .filter(({ busy }) => busy > 0)
      .map(
        ({ busy, handler: { queue, name } }) =>
          `${counted(busy, 'run')} of queue "${queue}" (${name})`,
      );
    if (waits.length > 0) {
      const named = waits.slice(0, MAX_NAMED_QUEUES);
      const more = waits.length - named.length;
      const others = more > 0 ? ` and the runs of ${more} more queues` : '';
      this.parts.log.info(
        `Stopping workers: waiting up to ${this.parts.options.shutdownTimeout} ms (shutdownTimeout) for ` +
          `${named.join(', ')}${others}`,
      );
    }
  }
}

function groupByShard(handlers: readonly JobHandler[], shards: Shards): Map<Shard, JobHandler[]> {
  const found = new Map<Shard, JobHandler[]>();
  for (const handler of handlers) {
    const shard = shards.of(handler.queue);
    found.set(shard, [...(found.get(shard) ?? []), handler]);
  }
  return found;
}
