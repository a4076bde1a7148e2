import { describeWorker } from '../../protocol/operations/describe-worker.js';
import type { LapsedLease } from '../../protocol/operations/renew-lease.js';
import type { QueueKeys } from '../../protocol/keys.js';
import { mayBeSameLine, type LineIdentity } from '../../protocol/wire/line-identity.js';
import { explainRefusal, isTemporary, isRefusal, logLevelOf } from '../../driver/refusal.js';
import { BLOCK_SECONDS } from '../taking/fetch-line.js';
import { JobRecovery } from './job-recovery.js';
import { readLapsedWorker, type LapsedWorker } from './lapsed-worker.js';
import type { OutageHistory } from './outage-history.js';
import type { JobHandler, WorkerParts } from '../worker-options.js';
import { listLines } from '../../protocol/operations/list-lines.js';

/** Wait before `CLIENT LIST` is tried again after a refusal, ms. */
const CLIENT_LIST_RETRY_MS = 60_000;

/** Maximum number of lapsed workers whose description is remembered. */
const MAX_REMEMBERED_WORKERS = 1_000;

/**
 * Looks for lost workers of one queue among those whose lease has lapsed: workers whose connections are gone, and workers that were
 * silent for longer than `stallLimit`. Their jobs are recovered.
 */
export class Recovery {
  private readonly keys: QueueKeys;
  private readonly jobRecovery: JobRecovery;
  private isRunning = false;
  /** Descriptions by worker id. The hash of a worker does not change until it renews its lease. */
  private readonly describedWorkers = new Map<string, LapsedWorker>();
  /** Until when `CLIENT LIST` is not tried, by the clock of the runtime. */
  private noClientListUntil = 0;

  /** @param outages - decides whether this process may call other workers lost. */
  constructor(
    private readonly handler: JobHandler,
    private readonly parts: WorkerParts,
    private readonly outages: OutageHistory,
  ) {
    this.keys = parts.shard.keys.queue(handler.queue);
    this.jobRecovery = new JobRecovery(handler, parts);
  }

  /** Examines workers whose lease has lapsed. @param now - when the lapse was seen, ms, Redis clock. */
  async sweep(lapsed: readonly LapsedLease[], now: number): Promise<void> {
    if (this.isRunning || lapsed.length === 0 || !this.outages.mayJudge(now, true)) {
      return;
    }
    this.isRunning = true;
    try {
      const workers = await this.describe(lapsed);
      const connections = await this.openConnections(workers);
      for (const worker of workers) {
        await this.examine(worker, connections, now);
      }
    } catch {
      // The connection was lost: a later sweep finds the same workers.
    } finally {
      this.isRunning = false;
    }
  }

  /** @param connections - all that are still open; `undefined` where the server does not report them. */
  private async examine(
    worker: LapsedWorker,
    connections: readonly LineIdentity[] | undefined,
    now: number,
  ): Promise<void> {
    const { stallLimit } = this.parts.options;
    const silence = this.outages.silenceMs(worker.expiry, now);
    // In the form that the worker has announced: only a connection that is proven to be its own may be closed.
    const own =
      connections &&
      worker.connections.filter((described) =>
        connections.some((shown) => mayBeSameLine(shown, described)),
      );
    const isGone =
      own?.length === 0 &&
      worker.connections.length > 0 &&
      this.outages.mayJudge(now, this.isOurServer(worker.server));
    if (!isGone && silence < stallLimit) {
      return;
    }
    try {
      // The worker may wake up, but it must not take more jobs into its slots meanwhile.
      await this.cut(own ?? []);
      // By then, the last job that the worker waited for has arrived in its slot.
      await this.jobRecovery.recoverJobs(
        worker,
        isGone || silence >= stallLimit + BLOCK_SECONDS * 1_000,
      );
      this.parts.log.over(this.refusal);
    } catch (error) {
      this.report(error);
    }
  }

  private async describe(lapsed: readonly LapsedLease[]): Promise<LapsedWorker[]> {
    const unknown = lapsed.filter(({ workerId, expiry }) => {
      return this.describedWorkers.get(workerId)?.expiry !== Number(expiry);
    });
    if (this.describedWorkers.size > MAX_REMEMBERED_WORKERS) {
      this.describedWorkers.clear();
    }
    const described = await this.parts.shard.driver.commands.settled((run) =>
      unknown.map(({ workerId }) => run(describeWorker, this.keys.worker(workerId))),
    );
    unknown.forEach((lease, index) => {
      const result = described[index];
      if (result?.status === 'fulfilled') {
        this.describedWorkers.set(lease.workerId, readLapsedWorker(lease, result.value));
      } else {
        this.report(result?.reason);
      }
    });
    return lapsed.flatMap(({ workerId }) => this.describedWorkers.get(workerId) ?? []);
  }

  /** Whether a worker was connected to the server that this process is connected to. */
  private isOurServer(server: string | undefined): boolean {
    return server !== undefined && server === this.parts.shard.driver.commands.server?.runId;
  }

  /** @returns the connections of some workers that are still open; `undefined` where the server does not report them. */
  private async openConnections(
    workers: readonly LapsedWorker[],
  ): Promise<LineIdentity[] | undefined> {
    const ids = workers.flatMap(({ connections }) => connections.map(({ id }) => id));
    if (workers.some(({ connections }) => connections.length === 0)) {
      this.warnConnectionsUnknown('CLIENT INFO');
    }
    if (ids.length === 0 || this.now() < this.noClientListUntil) {
      return undefined;
    }
    const { commands } = this.parts.shard.driver;
    try {
      const lines = await commands.run(listLines, ids);
      return lines.map((line) => ({ ...line, server: commands.server?.runId }));
    } catch (error) {
      if (!isRefusal(error) || isTemporary(error)) {
        throw error;
      }
      this.noClientListUntil = this.now() + CLIENT_LIST_RETRY_MS;
      this.warnConnectionsUnknown('CLIENT LIST');
      return undefined;
    }
  }

  private now(): number {
    return this.parts.shard.driver.runtime.now();
  }

  private warnConnectionsUnknown(command: string): void {
    this.parts.log.once(
      'blind',
      'warn',
      `Redis refuses ${command}, which shows the connections of other workers: lost workers are only detected after ` +
        `stallLimit (${this.parts.options.stallLimit} ms). Allow ${command} for faster recovery.`,
    );
  }

  private async cut(connections: readonly LineIdentity[]): Promise<void> {
    for (const identity of connections) {
      try {
        await this.parts.shard.driver.commands.cut(identity);
      } catch (error) {
        if (!isRefusal(error)) {
          throw error;
        }
        this.parts.log.once(
          'cut refused',
          'warn',
          `Cannot close the connections of stalled workers (${explainRefusal(error)}); allow CLIENT KILL`,
        );
      }
    }
  }

  private get refusal(): string {
    return `recovery refused: ${this.handler.queue}`;
  }

  /** Logs a refusal, so that the sweep goes on with the next worker. @throws an error that is not a refusal. */
  private report(error: unknown): void {
    if (!isRefusal(error)) {
      throw error;
    }
    this.parts.log.repeated(
      this.refusal,
      logLevelOf(error),
      `Cannot recover the jobs of lost workers of queue "${this.handler.queue}" (${explainRefusal(error)}); retrying`,
    );
  }
}
