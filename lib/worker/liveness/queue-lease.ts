import { hostname } from 'node:os';
import type { CountsByField } from '../../protocol/job-counts.js';
import type { Log } from '../../telemetry/log.js';
import type { QueueKeys } from '../../protocol/keys.js';
import {
  renewLease,
  type LapsedLease,
  type RenewedLease,
  type RenewLease,
  type WorkerReport,
} from '../../protocol/operations/renew-lease.js';
import type { RetireWorker } from '../../protocol/operations/retire-worker.js';
import type { Line } from '../../driver/line.js';
import {
  encodeIdentity,
  MAX_WORKER_CONNECTIONS,
  type LineIdentity,
} from '../../protocol/wire/line-identity.js';
import { Backoff } from '../../driver/backoff.js';
import {
  explainRefusal,
  isHandover,
  isRefusal,
  logLevelOfHeldWork,
  longestWaitAfter,
} from '../../driver/refusal.js';
import { countsAbove } from '../settling/job-tally.js';
import type { Runtime } from '../../driver/runtime.js';
import type { OutageHistory } from './outage-history.js';

/** Maximum number of connections for commands, and for jobs, that a worker announces: the latest ones. */
const MAX_NAMED_CONNECTIONS = MAX_WORKER_CONNECTIONS / 2;

/** The name of this host, read once, because Node asks the system at each call. */
const HOST_NAME = hostname();

/** A queue on which this process renews a lease. */
export interface LeasedQueue {
  readonly name: string;
  readonly keys: QueueKeys;
  /** The keys of the slots of this worker. */
  readonly slots: readonly string[];
  /** The outages that this process has seen on the queue. */
  readonly outages: OutageHistory;
  /** The identities of the current connection that takes jobs, and of earlier ones that the server may still know. */
  identities(): readonly LineIdentity[];
  /** @returns what other processes are told of the work of this worker. */
  report(): WorkerReport;
  /**
   * Called after each renewal.
   * @param isPaused - whether the queue is paused for the workers of all processes.
   * @param isNew - whether the server did not know the worker.
   */
  onRenewed(isPaused: boolean, isNew: boolean): void;
  /** Called after each renewal with the leases that have lapsed. @param now - ms, Redis clock. */
  onLapsed(lapsed: readonly LapsedLease[], now: number): void;
}

/** The lease of this process on one queue. A refusal does not affect other queues. */
export class QueueLease {
  /** The reason why the last renewal has failed; `undefined` where it succeeded. */
  failure: unknown = new Error('The lease was not renewed yet');
  /** The refusal of the last renewal, in words; `undefined` where that renewal succeeded or was not answered. */
  refusal: string | undefined;
  private readonly backoff: Backoff;
  /** The time when the next renewal is due after a refusal, by the clock of the runtime. */
  private dueAt = 0;
  /** The connection for commands that other workers know. */
  private announced: LineIdentity | undefined;
  /** Number of renewals that have succeeded. */
  private turn = 0;
  /** The time when the last renewal that succeeded was sent, by the clock of the runtime. */
  private sentAt = Infinity;
  /** Counts that the server knew when it forgot this worker: they are in the totals of the queue by now. */
  private countedBefore: CountsByField = {};
  /** Counts that the server knows, since the start. */
  private confirmed: CountsByField = {};
  private onKnown: () => void = () => undefined;
  /** Resolves when Redis knows the worker. */
  readonly known = new Promise<void>((resolve) => {
    this.onKnown = resolve;
  });

  /** @param duration - how long the lease lasts, ms. */
  constructor(
    readonly queue: LeasedQueue,
    private readonly workerId: string,
    private readonly duration: number,
    private readonly log: Log,
    private readonly runtime: Runtime,
  ) {
    this.backoff = new Backoff(runtime);
  }

  /** Whether Redis has ever known the worker. */
  get isKnown(): boolean {
    return this.turn > 0;
  }

  /** ms since the last renewal that succeeded was sent; `undefined` where none has. */
  get age(): number | undefined {
    return this.isKnown ? Math.round(this.runtime.now() - this.sentAt) : undefined;
  }

  /** Whether the lease is to be renewed by the timer: after a refusal that stays, it is retried less often. */
  get isDue(): boolean {
    return this.runtime.now() >= this.dueAt;
  }

  /** Whether other workers know the connection for commands, so that they can detect when its jobs are lost. */
  isUpToDate(commands: Line): boolean {
    return this.isKnown && this.announced === commands.identity;
  }

  /**
   * @returns the renewal to send.
   * @param commands - the connection that the renewal is sent on.
   * @param started - when the worker started, ms, Redis clock.
   */
  renewal({ identity: own, identities, server, path }: Line, started: number): QueueRenewal {
    const { keys, slots } = this.queue;
    const report = this.queue.report();
    // A lost connection may still wait for a job until the server notices the loss, so other workers must know it until then.
    const connections = [identities, this.queue.identities()]
      .flatMap((known) => known.slice(-MAX_NAMED_CONNECTIONS))
      .filter((known) => known.server === server?.runId)
      .map((known) => encodeIdentity(known))
      .join(' ');
    return {
      script: renewLease,
      input: {
        workers: keys.workers,
        worker: keys.worker(this.workerId),
        paused: keys.paused,
        workerId: this.workerId,
        lease: this.duration,
        turn: this.turn,
        description: {
          slots: slots.length,
          connections,
          server: server?.runId ?? '',
          host: HOST_NAME,
          pid: process.pid,
          started,
          report: { ...report, counts: countsAbove(report.counts, this.countedBefore) },
        },
      },
      counts: report.counts,
      own,
      path,
      sentAt: this.runtime.now(),
    };
  }

  /** Notes that a renewal has succeeded. */
  renewed({ own, path, sentAt, counts }: QueueRenewal, renewed: RenewedLease): void {
    const { now, former, lapsed, isPaused } = renewed;
    const { outages, name, onLapsed } = this.queue;
    if (former === 'none') {
      this.countedBefore = this.confirmed;
    }
    this.confirmed = counts;
    outages.renewed({
      now,
      former,
      path,
      isFirst: !this.isKnown,
      isBelated: sentAt - this.sentAt > this.duration,
    });
    this.sentAt = sentAt;
    this.failure = this.refusal = undefined;
    this.backoff.reset();
    this.dueAt = 0;
    this.announced = own;
    this.turn++;
    this.onKnown();
    if (this.log.over(`lease refused: ${name}`)) {
      this.log.info(`The lease of the worker of queue "${name}" is renewed again`);
    }
    this.queue.onRenewed(isPaused, former === 'none');
    onLapsed(lapsed, now);
  }

  /** Notes that a renewal was refused or not answered. */
  failed(error: unknown): void {
    const { outages, name, keys } = this.queue;
    outages.renewalFailed();
    this.failure = error;
    this.refusal = undefined;
    if (isRefusal(error)) {
      this.refusal = explainRefusal(error);
      if (!isHandover(error)) {
        this.log.repeated(
          `lease refused: ${name}`,
          logLevelOfHeldWork(error),
          `Cannot renew the lease of the worker of queue "${name}" in "${keys.workers}" and "${keys.worker(this.workerId)}" ` +
            `(${this.refusal}); retrying, and until it works, the worker takes no jobs`,
        );
      }
      this.pauseAfter(error);
    }
  }

  private pauseAfter(error: unknown): void {
    const longestMs = longestWaitAfter(error);
    if (longestMs !== undefined) {
      this.dueAt = this.runtime.now() + this.backoff.next(longestMs);
    }
  }

  /** @returns the input of the operation that gives up the lease. @param isWatched - whether a job may still arrive in the slots. */
  retirement(isWatched: boolean): RetireWorker {
    const { keys, slots } = this.queue;
    return {
      workers: keys.workers,
      worker: keys.worker(this.workerId),
      totals: keys.totals,
      workerId: this.workerId,
      counts: countsAbove(this.queue.report().counts, this.countedBefore),
      slots,
      isWatched,
    };
  }
}

/** A renewal that was sent. */
export interface QueueRenewal {
  readonly script: typeof renewLease;
  readonly input: RenewLease;
  /** The counts of the worker since its start. */
  readonly counts: CountsByField;
  /** The connection that other workers will know. */
  readonly own: LineIdentity | undefined;
  readonly path: unknown;
  /** The time when the renewal was sent, by the clock of the runtime. */
  readonly sentAt: number;
}
