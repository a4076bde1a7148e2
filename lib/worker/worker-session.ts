import { setMaxListeners } from 'node:events';
import { counted } from '../errors/counted.js';
import type { Shard, Shards } from '../driver/shard.js';
import type { RunContext } from './running/run-context.js';
import type { OutageHistory } from './liveness/outage-history.js';
import type { ReplyWorker } from './reply-worker.js';
import { ShardWorkers } from './shard-workers.js';
import { RunLimit } from './taking/run-limit.js';
import type { JobHandler, SessionParts } from './worker-options.js';

/** Time that a stop waits before it logs the runs that it waits for, ms. */
const STOP_REPORT_DELAY_MS = 3_000;

/** Maximum number of queues that this log line names. */
const MAX_NAMED_QUEUES = 5;

/** The workers of all queues and shards, from one start until the next stop. */
export class WorkerSession {
  private readonly all: readonly ShardWorkers[];
  /** Queues whose start was logged: a hot queue starts once in each shard. */
  private readonly logged = new Set<string>();
  /** Queues whose pause for all processes was logged. */
  private readonly paused = new Set<string>();
  private stopped: Promise<void> | undefined;

  /** @param outagesOf - returns the outages that this process has seen on a queue of a shard. */
  constructor(
    private readonly handlers: readonly JobHandler[],
    private readonly parts: SessionParts,
    outagesOf: (queue: string, shard: Shard) => OutageHistory,
  ) {
    const { shards, ...shared } = parts;
    const workerId = shards.runtime.randomUUID();
    this.all = [...groupByShard(handlers, shards)].map(
      ([shard, those]) =>
        new ShardWorkers(
          those,
          { ...shared, shard, workerId, log: shared.log.of(shard.keys.tag) },
          {
            outagesOf: (queue) => outagesOf(queue, shard),
            onStart: (handler, isPaused) => this.logStart(handler, isPaused),
            onPauseForAll: (queue, isPaused) => this.logPauseForAll(queue, isPaused),
          },
        ),
    );
  }

  /** @returns the workers of a queue: one, or for a hot queue one for each shard. */
  of(queue: string): readonly ReplyWorker[] {
    return this.all.flatMap((workers) => workers.of(queue) ?? []);
  }

  /** The refusal of Redis that keeps a worker of a queue from taking jobs, in words; `undefined` while all take jobs. */
  refusalOf(queue: string): string | undefined {
    return this.all
      .map((workers) => workers.refusalOf(queue))
      .find((refusal) => refusal !== undefined);
  }

  /** ms since the oldest of the last confirmed renewals of the leases on a queue; `undefined` where one was never confirmed. */
  leaseAgeOf(queue: string): number | undefined {
    const ages = this.all.flatMap((workers) =>
      workers.of(queue) ? [workers.leaseAgeOf(queue)] : [],
    );
    return ages.reduce(
      (oldest, age) =>
        oldest === undefined || age === undefined ? undefined : Math.max(oldest, age),
      ages[0],
    );
  }

  /**
   * Resolves when Redis knows the workers and they take jobs, or when they were stopped before.
   * @param paused - queues that are paused.
   * @throws when no connection can be made at all, or other processes use other shards. Everything that was started is stopped then.
   */
  async start(paused: ReadonlySet<string>): Promise<void> {
    const agreed = this.parts.shards.agreeOn(this.handlers.map(({ queue }) => queue));
    try {
      await Promise.all([agreed, ...this.all.map((workers) => workers.start(paused))]);
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

  private logStart({ queue, name, concurrency }: JobHandler, isPaused: boolean): void {
    if (this.logged.has(queue)) {
      return;
    }
    this.logged.add(queue);
    const { log, shards } = this.parts;
    const count = shards.of(queue).length;
    const where =
      count > 1 ? `${count} shards of ${shards.servers.serverName}` : shards.servers.serverName;
    const state = isPaused ? '; paused until it is resumed' : '';
    log.info(`Serving "${queue}" (${name}, concurrency ${concurrency}) on ${where}${state}`);
  }

  private logPauseForAll(queue: string, isPaused: boolean): void {
    if (isPaused === this.paused.has(queue)) {
      return;
    }
    if (isPaused) {
      this.paused.add(queue);
    } else {
      this.paused.delete(queue);
    }
    const text = isPaused
      ? 'is paused for all processes: no more jobs are taken until QueueAdmin.resume'
      : 'was resumed for all processes: jobs are taken again';
    this.parts.log.info(`Queue "${queue}" ${text}`);
  }

  private async stopOnce(): Promise<void> {
    const { shards, options } = this.parts;
    const { runtime } = shards;
    const outOfTime = new AbortController();
    // Each queue adds one or two listeners.
    setMaxListeners(0, outOfTime.signal);
    const timer = runtime.setTimeout(() => outOfTime.abort(), options.shutdownTimeout);
    const notice = runtime.setTimeout(() => this.logWait(), STOP_REPORT_DELAY_MS).unref();
    await Promise.all(this.all.map((workers) => workers.stop(outOfTime.signal)));
    runtime.clear(timer);
    runtime.clear(notice);
    await Promise.all(this.all.map((workers) => workers.retire()));
  }

  /** Logs the runs that a long stop waits for. */
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
    const all = shards.of(handler.queue);
    const runLimit = all.length > 1 ? new RunLimit(handler.concurrency) : undefined;
    for (const shard of all) {
      found.set(shard, [...(found.get(shard) ?? []), { ...handler, runLimit }]);
    }
  }
  return found;
}
