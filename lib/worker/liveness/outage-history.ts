import type { RenewedLease } from '../../protocol/operations/renew-lease.js';
import { SILENCE_LIMIT_MS } from '../../driver/line.js';

/** How long a connection that was given up needs to be replaced, and its worker to be known again, ms. */
const MAX_RECONNECT_MS = 4_000;

/**
 * How long a worker may need after an outage until it is heard of again, ms: its connection may be half open, so that nobody
 * but the watchdog finds out that it is gone.
 */
export const MAX_RETURN_MS = SILENCE_LIMIT_MS + MAX_RECONNECT_MS;

/** A renewal of a lease that succeeded. */
export interface Renewal extends Pick<RenewedLease, 'now' | 'former'> {
  /** Tells one way to the server from the next. */
  readonly path: unknown;
  /** Whether it is the first one of its worker. */
  readonly isFirst: boolean;
  /** Whether this process itself was too late to renew in time: its event loop was blocked, perhaps by a handler. */
  readonly isBelated: boolean;
}

/**
 * Whether this process may call other workers of a queue lost. An outage, a server that refuses writes, a frozen server or a
 * clock that jumps makes everybody's lease lapse, and who is back first would take all others for dead. So an observer that has
 * had such trouble itself waits until the others have had the time to be back, too.
 */
export class OutageHistory {
  /** When the first renewal after the last trouble, or of all, succeeded, ms, Redis clock. */
  private graceStartedAt = -Infinity;
  /** Since when others could be heard of, ms, Redis clock. */
  private steadySince = -Infinity;
  /** Whether nothing is known of what was before, since nobody looked. */
  private hasNoHistory = true;
  private last: Renewal | undefined;
  private hasFailed = false;

  /** @param lease - ms. */
  constructor(private readonly lease: number) {}

  /** A renewal has failed: refused, or not answered. Others' may have failed as well. */
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
   * Whether workers whose lease has lapsed may be taken for lost.
   * @param now - ms, Redis clock.
   * @param isSameServer - whether what tells that they are lost was true before we came as well: that a connection is gone tells
   *   nothing where the server is another one now.
   */
  mayJudge(now: number, isSameServer: boolean): boolean {
    return this.isGraceOver(now) || (this.hasNoHistory && isSameServer);
  }

  /**
   * How long a worker could have been heard of and was not, ms.
   * @param expiry - when its lease lapsed, ms, Redis clock.
   */
  silenceMs(expiry: number, now: number): number {
    return now - Math.max(expiry - this.lease, this.steadySince);
  }

  private isGraceOver(now: number): boolean {
    return now >= this.graceStartedAt + Math.max(this.lease, MAX_RETURN_MS);
  }

  /** A lease that lapsed since its own process was too slow tells nothing of others: busy workers look after others as well. */
  private isTrouble({ now, former, path, isFirst, isBelated }: Renewal): boolean {
    const { last } = this;
    const isInterrupted = last !== undefined && (path !== last.path || now < last.now);
    const isLapsed = !isFirst && (former === 'none' || (former === 'lapsed' && !isBelated));
    return this.hasFailed || isInterrupted || isLapsed;
  }

  /** Workers that were stopped see no trouble. */
  private hasNotLooked({ now, isFirst }: Renewal): boolean {
    return !this.last || (isFirst && now - this.last.now > this.lease);
  }
}
