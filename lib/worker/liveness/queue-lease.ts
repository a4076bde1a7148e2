import { hostname } from 'node:os';
import type { Log } from '../../telemetry/log.js';
import type { QueueKeys } from '../../protocol/keys.js';
import {
  renewLease,
  type LapsedLease,
  type RenewedLease,
  type RenewLease,
} from '../../protocol/operations/renew-lease.js';
import type { RetireWorker } from '../../protocol/operations/retire-worker.js';
import type { Line } from '../../driver/line.js';
import {
  encodeIdentity,
  MAX_WORKER_CONNECTIONS,
  type LineIdentity,
} from '../../protocol/wire/line-identity.js';
import { Backoff } from '../../driver/backoff.js';
import { explainRefusal, isRefusal, longestWaitAfter } from '../../driver/refusal.js';
import type { Runtime } from '../../driver/runtime.js';
import type { OutageHistory } from './outage-history.js';

/** Connections for commands, and for jobs, that a worker names at most: the last ones. */
const MAX_NAMED_CONNECTIONS = MAX_WORKER_CONNECTIONS / 2;

/** Node asks the system for it at each call. */
const HOST_NAME = hostname();

/** A queue on which this process is to be known as alive. */
export interface LeasedQueue {
  readonly name: string;
  readonly keys: QueueKeys;
  /** The keys of its slots. */
  readonly slots: readonly string[];
  /** Whether this process may judge the other workers of the queue. */
  readonly outages: OutageHistory;
  /** The connections that take its jobs: that of now, and those before that the server may still know. */
  identities(): readonly LineIdentity[];
  /** Hears of the leases that have lapsed. @param now - ms, Redis clock. */
  onLapsed(lapsed: readonly LapsedLease[], now: number): void;
}

/** The lease of this process on one queue. What Redis refuses of it is no concern of other queues. */
export class QueueLease {
  /** Why the last renewal has failed; `undefined` when it succeeded. */
  failure: unknown = new Error('The lease was not renewed yet');
  /** What Redis refuses, in words; `undefined` where the last renewal succeeded, or had no answer. */
  refusal: string | undefined;
  private readonly backoff: Backoff;
  /** Before when it is not tried again by itself, by the clock of the runtime. */
  private dueAt = 0;
  /** The connection for commands that others know of. */
  private announced: LineIdentity | undefined;
  /** How often it was renewed. */
  private turn = 0;
  /** When the last renewal that succeeded was sent, by the clock of the runtime. */
  private sentAt = Infinity;
  private onKnown: () => void = () => undefined;
  /** Resolves when Redis knows the worker. */
  readonly known = new Promise<void>((resolve) => {
    this.onKnown = resolve;
  });

  /** @param duration - ms. */
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

  /** Whether it is to be renewed by itself: what stays refused is tried now and then. */
  get isDue(): boolean {
    return this.runtime.now() >= this.dueAt;
  }

  /** Whether others know of the connection for commands, so that what it takes is looked after. */
  isUpToDate(commands: Line): boolean {
    return this.isKnown && this.announced === commands.identity;
  }

  /**
   * What one renewal sends.
   * @param commands - the connection that it goes on.
   * @param started - when the worker started, ms, Redis clock.
   */
  renewal({ identity: own, identities, server, path }: Line, started: number): QueueRenewal {
    const { keys, slots } = this.queue;
    // A lost connection may still wait for a job, until the server hears of the loss: no slot is forgotten before.
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
        },
      },
      own,
      path,
      sentAt: this.runtime.now(),
    };
  }

  /** Redis has answered a renewal. */
  renewed({ own, path, sentAt }: QueueRenewal, { now, former, lapsed }: RenewedLease): void {
    const { outages, name, onLapsed } = this.queue;
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
    onLapsed(lapsed, now);
  }

  /** A renewal was refused, or not answered. */
  failed(error: unknown): void {
    const { outages, name, keys } = this.queue;
    outages.renewalFailed();
    this.failure = error;
    this.refusal = undefined;
    if (isRefusal(error)) {
      this.refusal = explainRefusal(error);
      this.log.repeated(
        `lease refused: ${name}`,
        'error',
        `Cannot renew the lease of the worker of queue "${name}" in "${keys.workers}" and "${keys.worker(this.workerId)}", so ` +
          `that it takes no jobs: ${this.refusal}; retrying`,
      );
      this.pauseAfter(error);
    }
  }

  private pauseAfter(error: unknown): void {
    const longestMs = longestWaitAfter(error);
    if (longestMs !== undefined) {
      this.dueAt = this.runtime.now() + this.backoff.next(longestMs);
    }
  }

  /** @param isWatched - whether a job may still come into its slots. */
  retirement(isWatched: boolean): RetireWorker {
    const { keys, slots } = this.queue;
    return {
      workers: keys.workers,
      worker: keys.worker(this.workerId),
      workerId: this.workerId,
      slots,
      isWatched,
    };
  }
}

/** A renewal that is on its way. */
export interface QueueRenewal {
  readonly script: typeof renewLease;
  readonly input: RenewLease;
  /** The connection that others will know of. */
  readonly own: LineIdentity | undefined;
  readonly path: unknown;
  /** When it was sent, by the clock of the runtime. */
  readonly sentAt: number;
}
