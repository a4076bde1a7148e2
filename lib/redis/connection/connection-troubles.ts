import { propertyOf } from '../../errors/error-text.js';
import { isRefusal, meaningOfRefusal } from '../../driver/refusal.js';
import type { Runtime } from '../../driver/runtime.js';
import { ServerTroubleError, UnusableServerError } from '../../driver/server-trouble.js';
import type { Destination, Target } from '../topology/destination.js';
import { silenceOf, troubleOf, whereOf } from './connection-failure.js';
import type { InquiryResult } from './server-inquiry.js';
import { SlowAttemptWatch } from './slow-attempt-watch.js';
import { probe, type Findings } from './server-probe.js';

/** Finds out why a connection cannot be made or used, and reports that once for each attempt. */
export class ConnectionTroubles {
  /** Why the server is unusable; `undefined` while it is not. */
  obstacle: UnusableServerError | undefined;
  /** Whether the server could ever be used. */
  hasServed = false;
  private isClosed = false;
  /** State of the last attempt to connect. */
  private attempt: 'unknown' | 'explained' | 'served' = 'unknown';
  /** Findings of the last probe. */
  private findings: Findings | undefined;
  /** The probe, and the kind of error that it was made for. */
  private probing: { readonly kind: string; readonly done: Promise<void> } | undefined;
  private readonly slowWatch: SlowAttemptWatch;

  /** @param onTrouble - is called with each trouble. */
  constructor(
    private readonly destination: Destination,
    private readonly runtime: Runtime,
    private readonly onTrouble: (trouble: ServerTroubleError) => void,
  ) {
    this.slowWatch = new SlowAttemptWatch(runtime, () => void this.attemptIsSlow());
  }

  /** The trouble of a server that has not answered for some seconds. */
  get silence(): ServerTroubleError {
    return silenceOf(this.target);
  }

  /** Notes that an attempt to connect begins. */
  attemptStarted(): void {
    this.attempt = 'unknown';
    this.slowWatch.start();
  }

  /** Explains and reports that the attempt, or the connection that it made, has failed. */
  async attemptFailed(error: NodeJS.ErrnoException): Promise<void> {
    this.attempt = 'explained';
    this.slowWatch.stop();
    if (isWorthProbing(error)) {
      await this.probeOnce(error.code ?? error.message);
    }
    this.report(troubleOf(error, this.target, this.findings));
  }

  /** Notes that the connection is closed, and reports it if no cause was known. @returns whether no cause was known. */
  connectionClosed(): boolean {
    const isEarly = this.attempt === 'unknown' && !this.isClosed;
    if (isEarly) {
      void this.attemptFailed(new Error(CLOSED_IMMEDIATELY));
    }
    return isEarly;
  }

  /** Reports a known cause, for which the connection will be closed. */
  explained(trouble: ServerTroubleError): void {
    this.attempt = 'explained';
    this.slowWatch.stop();
    this.report(trouble);
  }

  /** Forgets all troubles, because the server can be used. */
  served(): void {
    this.attempt = 'served';
    this.hasServed = true;
    this.obstacle = undefined;
    this.findings = undefined;
    this.probing = undefined;
    this.slowWatch.stop();
  }

  close(): void {
    this.isClosed = true;
    this.slowWatch.stop();
  }

  /** @returns the trouble for a refusal of a new connection. */
  fromRefusal(error: Error): ServerTroubleError {
    return troubleOf(error, this.target);
  }

  /** @param why - completes a sentence that begins with the server. */
  fromInquiry(
    outcome: Exclude<InquiryResult['outcome'], 'known'>,
    why: string,
  ): ServerTroubleError {
    const { target } = this;
    // The Cluster names the new owner by itself.
    const needsAdvice = outcome === 'wrong server' && !this.destination.clusterSlot;
    const advice = needsAdvice ? `: ${adviceForReplica(target)}` : '';
    const text = `${whereOf(target)} ${why}${advice}`;
    return outcome === 'unusable'
      ? new UnusableServerError(text)
      : new ServerTroubleError(text, 'warn');
  }

  private get target(): Target {
    return this.destination.target(this.hasServed);
  }

  /** Reports an attempt that has had no result for some seconds. */
  private async attemptIsSlow(): Promise<void> {
    await this.probeOnce('silence');
    if (this.attempt === 'unknown') {
      this.report(silenceOf(this.target, this.findings));
    }
  }

  /** Probes the server over a separate connection, once for each kind of error, for causes that the error does not tell. */
  private async probeOnce(kind: string): Promise<void> {
    const { place, tls } = this.destination;
    if (this.isClosed || place === undefined) {
      return;
    }
    if (this.probing?.kind !== kind) {
      const done = probe(place, this.runtime, tls).then((findings) => {
        this.findings = findings;
      });
      this.probing = { kind, done };
    }
    await this.probing.done;
  }

  private report(trouble: ServerTroubleError): void {
    if (!this.isClosed) {
      this.obstacle = trouble instanceof UnusableServerError ? trouble : undefined;
      this.onTrouble(trouble);
    }
  }
}

/** Advice for a server that is a replica. Sentinels name a former primary until a failover is over. */
const adviceForReplica = ({ primary }: Target): string =>
  primary === undefined
    ? 'connect to the primary or to Sentinels'
    : 'wait until the Sentinels name the new primary, or correct `sentinels`, `name` or `role`';

const CLOSED_IMMEDIATELY = 'the connection was closed immediately';

/** Tells whether a probe may explain an error: the other end is there, but closed the connection or answered something else. */
const isWorthProbing = (error: NodeJS.ErrnoException): boolean =>
  meaningOfRefusal(error) === undefined &&
  (error.code === undefined || /^(?:EPIPE|ECONNRESET|EPROTO|ETIMEDOUT|ERR_SSL_)/.test(error.code));

/** Tells whether an error is the refusal of ioredis' own SELECT. The handshake checks the database by itself. */
export const isSelectError = (error: Error): boolean =>
  isRefusal(error) && propertyOf(propertyOf(error, 'command'), 'name') === 'select';
