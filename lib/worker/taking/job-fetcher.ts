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

/** The take that a stopped fetcher leaves behind. */
export interface FetcherRemainder {
  /** The take that Redis did not answer, though it may have moved jobs. */
  readonly unconfirmed: Take | undefined;
  /** Whether no job can arrive in the slots any more. */
  readonly isFinal: boolean;
}

/** The part of the worker that a fetcher uses. */
export interface FetcherOwner extends FetchCallsOwner {
  /** Whether there is room for jobs that no settle will take. Call {@link JobFetcher.wake} when this becomes true. */
  wantsFetch(): boolean;
  /** Called with the jobs of a take. */
  onFetched(take: Take, jobs: readonly string[]): void;
  /** Called when Redis did not answer a take. Its slot is read then, and {@link onFetched} follows. */
  onFetchUnanswered(take: Take): void;
}

/**
 * The fetch loop of one queue, on a line of its own: it waits for a job, and takes as many as there is room for while the queue
 * holds more. From the moment Redis moves a job into a slot, a crash of this process cannot lose the job. Under load the loop is
 * idle, because the settler takes the next jobs in the same step. Where jobs arrive one by one, the loop settles each job in one
 * write with the wait for the next.
 */
export class JobFetcher {
  private readonly line: FetchLine;
  private readonly calls: FetchCalls;
  private mode: 'fetch' | 'pause' | 'stop' = 'fetch';
  /** Opens when the mode or the state of the calls has changed, or the owner may have room. */
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

  /** The `run_id` of the server that hands out the jobs; `undefined` where it is unknown. */
  get lastRunId(): string | undefined {
    return this.line.lastRunId;
  }

  /** The identities of the current connection and of earlier ones that the server may still know. */
  get identities(): readonly LineIdentity[] {
    return this.line.identities;
  }

  /** The refusal of Redis that keeps jobs from being taken, in words; `undefined` while jobs are taken. */
  get refusal(): string | undefined {
    return this.calls.trouble.refusal;
  }

  get arrivals(): ArrivalPattern {
    return this.calls.arrivals;
  }

  get isFetching(): boolean {
    return this.calls.isUnderway;
  }

  /** Whether the fetcher takes no more jobs, for good. */
  get isStopping(): boolean {
    return this.mode === 'stop';
  }

  /** Whether a settle may be sent in one write with the wait for the next job. */
  get maySettleAndWait(): boolean {
    return this.mode === 'fetch' && this.calls.maySettleAndWait;
  }

  /**
   * Settles a job in one write with the wait for the next job. Call it in the same turn as {@link maySettleAndWait}.
   * @throws the refusal of Redis, or, once the server cannot carry out the settle any more, the loss of the answer.
   */
  settleAndWait(input: SettleJobs, take: Take): Promise<SettledJobs> {
    const settled = this.calls.settleAndWait(input, take);
    this.wake();
    return settled;
  }

  /** Starts the loop. @throws when no line can be made at all. */
  start(): void {
    this.loop = this.fetchUntilStopped(this.line.line);
  }

  /** Makes the loop look again whether the owner has room. */
  wake(): void {
    this.changes.wake();
  }

  /** Ends the wait for a job early. Resolves when the wait has ended. */
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
   * Stops the loop. Resolves when no job will be taken any more, and all taken jobs were passed to the owner.
   * @param outOfTime - aborts when Redis is not to be waited for any longer.
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
      // A take without an answer is read even while no more jobs are wanted.
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
        // A job that is done within this turn takes the next jobs when it is settled.
        await this.calls.idleUntil(nextTurn(runtime));
      }
    }
  }

  private get hasWork(): boolean {
    return this.isStopping || this.isFetching || (this.mode === 'fetch' && this.owner.wantsFetch());
  }

  /**
   * Passes the result of a turn to the owner. What the owner throws is logged: it says nothing of the line, and the loop goes
   * on.
   */
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
