import { messageOf, stackOf } from '../../errors/error-text.js';
import type { Log } from '../../telemetry/log.js';
import type { QueueKeys } from '../../protocol/keys.js';
import type { SettledJobs, SettleJobs } from '../../protocol/operations/settle-jobs.js';
import type { LineIdentity } from '../../protocol/wire/line-identity.js';
import type { Driver } from '../../driver/driver.js';
import type { Line } from '../../driver/line.js';
import { Gate } from '../../driver/gate.js';
import { nextTurn } from '../../driver/runtime.js';
import type { ArrivalPattern } from './arrival-pattern.js';
import { FetchCalls, type FetchCallsOwner, type FetchTurn } from './fetch-calls.js';
import { FetchLine } from './fetch-line.js';
import type { Take } from './intake.js';

/** What is left of a fetcher that has stopped. */
export interface FetcherRemainder {
  /** What may have been taken without a word from Redis. */
  readonly unconfirmed: Take | undefined;
  /** Whether no job can come any more. */
  readonly isFinal: boolean;
}

/** What the worker that jobs are fetched for hears, and says of itself. */
export interface FetcherOwner extends FetchCallsOwner {
  /** Whether it has room for a job that nobody else fetches; once that changes, {@link JobFetcher.wake} says so. */
  wantsFetch(): boolean;
  /** These jobs were taken. */
  onFetched(take: Take, jobs: readonly string[]): void;
  /** Redis did not answer this take; what it has brought is read bit by bit, and then {@link onFetched} follows. */
  onFetchUnanswered(take: Take): void;
}

/**
 * The fetch loop of one queue, on a line of its own: waits for a job, and as long as there are more takes as many
 * as there is room for. From the moment Redis moves a job into a slot, a crash of this process cannot lose it. Under
 * load it rests: who settles jobs takes the next ones in the same step. Where jobs come one by one, it settles each in one
 * write with the wait for the next.
 */
export class JobFetcher {
  private readonly line: FetchLine;
  private readonly calls: FetchCalls;
  private mode: 'fetch' | 'pause' | 'stop' = 'fetch';
  /** The order or the state of the calls has changed, or the owner may have room. */
  private readonly changes = new Gate();
  private loop: Promise<void> | undefined;
  private onStop: () => void = () => undefined;
  private readonly stopped = new Promise<void>((resolve) => {
    this.onStop = resolve;
  });

  constructor(
    private readonly driver: Driver,
    private readonly queue: string,
    keys: QueueKeys,
    private readonly log: Log,
    private readonly owner: FetcherOwner,
  ) {
    this.line = new FetchLine(driver, queue, keys);
    this.calls = new FetchCalls(this.line, driver, queue, log, owner);
  }

  /** How the server knows its line. */
  get identity(): LineIdentity | undefined {
    return this.line.identity;
  }

  /** How the server may know its line, now and before. */
  get identities(): readonly LineIdentity[] {
    return this.line.identities;
  }

  /** What Redis refuses, so that no jobs are taken; `undefined` while they are. */
  get refusal(): string | undefined {
    return this.calls.trouble.refusal;
  }

  get arrivals(): ArrivalPattern {
    return this.calls.arrivals;
  }

  get isFetching(): boolean {
    return this.calls.isUnderway;
  }

  /** Whether it takes jobs no more, for good. */
  get isStopping(): boolean {
    return this.mode === 'stop';
  }

  /** Whether the next job is to be waited for in one write with the settling of the one before. */
  get maySettleAndWait(): boolean {
    return this.mode === 'fetch' && this.calls.maySettleAndWait;
  }

  /**
   * Settles a job in one write with the wait for the next, at once after {@link maySettleAndWait} said so.
   * @throws what Redis refuses it with, or, once the server cannot carry it out any more, that there was no answer.
   */
  settleAndWait(input: SettleJobs, take: Take): Promise<SettledJobs> {
    const settled = this.calls.settleAndWait(input, take);
    this.wake();
    return settled;
  }

  /** @throws what keeps a line from being made at all. */
  start(): void {
    this.loop = this.fetchUntilStopped(this.line.line);
  }

  /** Says that the owner may have room. */
  wake(): void {
    this.changes.wake();
  }

  /** Ends the wait for a job before its time. Resolves when it has ended. */
  interrupt(): Promise<void> {
    return this.calls.interrupt();
  }

  /** Resolves when no job will be taken until {@link resume}. */
  async pause(): Promise<void> {
    if (this.mode === 'fetch') {
      this.mode = 'pause';
    }
    await this.interrupt();
  }

  resume(): void {
    if (this.mode === 'pause') {
      this.mode = 'fetch';
    }
    this.wake();
  }

  /**
   * Resolves when no job will be taken any more; those taken have been handed on.
   * @param outOfTime - aborts when Redis has had its time to answer.
   */
  async stop(outOfTime: AbortSignal): Promise<FetcherRemainder> {
    this.mode = 'stop';
    this.onStop();
    this.wake();
    if (!this.loop) {
      return { unconfirmed: undefined, isFinal: true };
    }
    const { line } = this;
    const close = (): void => line.close();
    outOfTime.addEventListener('abort', close);
    if (line.line.state !== 'ready' || outOfTime.aborted) {
      close();
    }
    await this.interrupt();
    await this.loop;
    outOfTime.removeEventListener('abort', close);
    close();
    const unconfirmed = this.calls.unanswered;
    return { unconfirmed, isFinal: !unconfirmed || (await line.cut()) };
  }

  private async fetchUntilStopped(line: Line): Promise<void> {
    const { runtime } = this.driver;
    for (;;) {
      // What may have been taken is looked after even while nothing more is to be taken.
      if (!this.calls.unanswered) {
        await this.calls.idleUntil(this.changes.until(() => this.hasWork));
      }
      if ((this.isStopping || line.state === 'closed') && !this.isFetching) {
        return;
      }
      const turn = await this.calls.turn(() => this.mode === 'fetch', this.stopped);
      const { taken, waitMs } = turn;
      this.tellOwner(turn);
      if (waitMs > 0) {
        await this.changes.untilOrAfter(waitMs, () => this.isStopping, runtime);
      } else if (!taken) {
        await nextTurn(runtime);
      } else if (this.arrivals.isBacklogged && !this.calls.unanswered) {
        // A job that is done by then takes the next ones when it is settled.
        await this.calls.idleUntil(nextTurn(runtime));
      }
    }
  }

  private get hasWork(): boolean {
    return this.isStopping || this.isFetching || (this.mode === 'fetch' && this.owner.wantsFetch());
  }

  /** What this leads to is no trouble of the line's, whatever it throws, and does not end the loop. */
  private tellOwner({ taken, unanswered }: FetchTurn): void {
    try {
      if (unanswered) {
        this.owner.onFetchUnanswered(unanswered);
      }
      if (taken) {
        this.owner.onFetched(taken.take, taken.jobs);
      }
    } catch (error) {
      this.log.repeated(
        `taken jobs threw: ${this.queue}`,
        'error',
        `Unexpected error after taking jobs from queue "${this.queue}": ${messageOf(error)}`,
        stackOf(error),
      );
    }
  }
}
