import type { RenewedLease } from '../../protocol/operations/renew-lease.js';
import { SILENCE_LIMIT_MS } from '../../driver/line.js';

/** Longest time to replace a lost connection and renew the lease, ms. */
const MAX_RECONNECT_MS = 4_000;

/**
 * Longest time until a worker renews its lease after an outage, ms. Its connection may be half open, so that only its watchdog
 * notices the loss.
 */
export const MAX_RETURN_MS = SILENCE_LIMIT_MS + MAX_RECONNECT_MS;

/** A renewal of a lease that succeeded. */
export interface Renewal extends Pick<RenewedLease, 'now' | 'former'> {
  /** Identifies the way to the server: a new value means that the connection was lost in between. */
  readonly path: unknown;
  /** Whether the renewal is the first of its worker. */
  readonly isFirst: boolean;
  /** Whether this process was too late to renew in time, because its event loop was blocked, perhaps by a handler. */
  readonly isBelated: boolean;
}

/**
 * Remembers outages, to decide whether this process may call other workers of a queue lost. An outage, a server that refuses writes,
 * a frozen server or a clock that jumps makes every lease lapse, and the first worker to return would call all others lost. So a
 * process that has seen an outage itself waits until the others have had time to return.
 */
export class OutageHistory {
  /** The time when the first renewal succeeded after the last outage, or since nobody looked, ms, Redis clock. */
  private graceStartedAt = -Infinity;
  /** Since when other workers could have renewed their leases, ms, Redis clock. */
  private steadySince = -Infinity;
  /** Whether this process has not watched the queue before {@link graceStartedAt}. */
  private hasNoHistory = true;
  private last: Renewal | undefined;
  private hasFailed = false;

  /** @param lease - how long a lease lasts, ms. */
  constructor(private readonly lease: number) {}

  /** Notes that a renewal was refused or not answered. Those of other workers may have failed as well. */
  renewalFailed(): void {
    this.hasFailed = true;
  }

  renewed(renewal: Renewal): void {
    const { now } = renewal;
    if (this.isTrouble(renewal)) {
      this.hasNoHistory = false;
      this.graceStartedAt = now;
      this.steadySince = now;
    } else if (this.hasNotLooked(renewal)) {
      if (this.isGraceOver(now)) {
        this.hasNoHistory = true;
        this.graceStartedAt = now;
      }
      this.steadySince = now;
    }
    this.last = renewal;
    this.hasFailed = false;
  }

  /**
   * Whether workers whose lease has lapsed may be called lost.
   * @param now - ms, Redis clock.
   * @param isSameServer - whether the lapsed workers used the current server: on a different server, that their connections are
   *   gone proves nothing.
   */
  mayJudge(now: number, isSameServer: boolean): boolean {
    return this.isGraceOver(now) || (this.hasNoHistory && isSameServer);
  }

  /**
   * @returns how long a worker could have renewed its lease and did not, ms.
   * @param expiry - when the lease lapsed, ms, Redis clock.
   */
  silenceMs(expiry: number, now: number): number {
    return now - Math.max(expiry - this.lease, this.steadySince);
  }

  private isGraceOver(now: number): boolean {
    return now >= this.graceStartedAt + Math.max(this.lease, MAX_RETURN_MS);
  }

  /**
   * Whether a renewal shows an outage. A lease that has lapsed because this process was too slow is none: a busy worker still
   * recovers the jobs of others.
   */
  private isTrouble({ now, former, path, isFirst, isBelated }: Renewal): boolean {
    const { last } = this;
    const isInterrupted = last !== undefined && (path !== last.path || now < last.now);
    const isLapsed = !isFirst && (former === 'none' || (former === 'lapsed' && !isBelated));
    return this.hasFailed || isInterrupted || isLapsed;
  }

  /** Whether this process has not watched the queue until now, such as while its workers were stopped. */
  private hasNotLooked({ now, isFirst }: Renewal): boolean {
    return !this.last || (isFirst && now - this.last.now > this.lease);
  }
}
