import { propertyOf } from '../../errors/error-text.js';
import { isRefusal, meaningOfRefusal } from '../../driver/refusal.js';
import type { Runtime } from '../../driver/runtime.js';
import { ServerTroubleError, UnusableServerError } from '../../driver/server-trouble.js';
import type { Destination, Target } from '../topology/destination.js';
import { silenceOf, troubleOf, whereOf } from './connection-failure.js';
import type { InquiryResult } from './server-inquiry.js';
import { SlowAttemptWatch } from './slow-attempt-watch.js';
import { probe, type Findings } from './server-probe.js';

/** Finds out why a connection cannot be made or used, and says so once for each attempt. */
export class ConnectionTroubles {
  /** Why the server cannot serve us, until it can. */
  obstacle: UnusableServerError | undefined;
  /** Whether the server has ever served us. */
  hasServed = false;
  private isClosed = false;
  /** What is known of the attempt to connect that came last. */
  private attempt: 'unknown' | 'explained' | 'served' = 'unknown';
  /** What was found where the server should be, and the kind of error that it was looked for after. */
  private findings: Findings | undefined;
  private probing: { readonly kind: string; readonly done: Promise<void> } | undefined;
  private readonly slowWatch: SlowAttemptWatch;

  /** @param onTrouble - hears of each. */
  constructor(
    private readonly destination: Destination,
    private readonly runtime: Runtime,
    private readonly onTrouble: (trouble: ServerTroubleError) => void,
  ) {
    this.slowWatch = new SlowAttemptWatch(runtime, () => void this.attemptIsSlow());
  }

  /** That the server owes an answer for some seconds. */
  get silence(): ServerTroubleError {
    return silenceOf(this.target);
  }

  /** An attempt to connect begins. */
  attemptStarted(): void {
    this.attempt = 'unknown';
    this.slowWatch.start();
  }

  /** The attempt, or the connection that it made, has failed. */
  async attemptFailed(error: NodeJS.ErrnoException): Promise<void> {
    this.attempt = 'explained';
    this.slowWatch.stop();
    if (isWorthProbing(error)) {
      await this.probeOnce(error.code ?? error.message);
    }
    this.report(troubleOf(error, this.target, this.findings));
  }

  /** The connection is closed. @returns whether nobody knew yet why it could not be used. */
  connectionClosed(): boolean {
    const isEarly = this.attempt === 'unknown' && !this.isClosed;
    if (isEarly) {
      void this.attemptFailed(new Error(CLOSED_IMMEDIATELY));
    }
    return isEarly;
  }

  /** It is known why the connection cannot be used, and that it will be closed. */
  explained(trouble: ServerTroubleError): void {
    this.attempt = 'explained';
    this.slowWatch.stop();
    this.report(trouble);
  }

  /** The server serves us. */
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

  /** What a server refuses a new connection with, as what is told of it. */
  fromRefusal(error: Error): ServerTroubleError {
    return troubleOf(error, this.target);
  }

  /** @param why - completes a sentence that begins with the server. */
  fromInquiry(
    outcome: Exclude<InquiryResult['outcome'], 'known'>,
    why: string,
  ): ServerTroubleError {
    const text = `${whereOf(this.target)} ${why}`;
    return outcome === 'unusable'
      ? new UnusableServerError(text)
      : new ServerTroubleError(text, 'warn');
  }

  private get target(): Target {
    return this.destination.target(this.hasServed);
  }

  /** Nothing has come of an attempt for some seconds, and nothing was heard of it. */
  private async attemptIsSlow(): Promise<void> {
    await this.probeOnce('silence');
    if (this.attempt === 'unknown') {
      this.report(silenceOf(this.target, this.findings));
    }
  }

  /** What the server's answers do not tell is looked for by a connection beside this one, once for each kind of failure. */
  private async probeOnce(kind: string): Promise<void> {
    const { place } = this.destination;
    if (this.isClosed || place === undefined) {
      return;
    }
    if (this.probing?.kind !== kind) {
      const done = probe(place, this.runtime).then((findings) => {
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

const CLOSED_IMMEDIATELY = 'the connection was closed immediately';

/** Whether the other end closed the connection or said something odd, rather than not being there. */
const isWorthProbing = (error: NodeJS.ErrnoException): boolean =>
  meaningOfRefusal(error) === undefined &&
  (error.code === undefined || /^(?:EPIPE|ECONNRESET|EPROTO|ETIMEDOUT|ERR_SSL_)/.test(error.code));

/** Whether an error is what ioredis tells of the database that it was to choose: the introduction finds out where the connection is. */
export const isSelectError = (error: Error): boolean =>
  isRefusal(error) && propertyOf(propertyOf(error, 'command'), 'name') === 'select';
