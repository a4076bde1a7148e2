import type { Driver } from '../../driver/driver.js';
import { isTemporary, isRefusal } from '../../driver/refusal.js';
import type { SettledJobs, SettleJobs } from '../../protocol/operations/settle-jobs.js';
import type { Log } from '../../telemetry/log.js';
import { ArrivalPattern } from './arrival-pattern.js';
import type { FetchLine } from './fetch-line.js';
import type { Take } from './intake.js';
import { SlotReader } from './slot-reader.js';
import { TakeTrouble, type FetchStep } from './take-trouble.js';
import { WaitInterruption } from './wait-interruption.js';

/** Maximum number of jobs that one call takes: the stack of Lua holds about 8 000 values. */
const MAX_JOBS_PER_TAKE = 500;

/** A call that takes jobs and waits for its answer. */
interface FetchCall {
  readonly take: Take;
  readonly jobs: Promise<readonly string[]>;
  /** Whether the call waits for a job. */
  readonly isWaiting: boolean;
}

/** The state of the line. */
type FetchState =
  /** No call is wanted: a settle may be sent in one write with the wait for the next job. */
  | { readonly kind: 'resting' }
  /** The next call is about to be made. */
  | { readonly kind: 'preparing' }
  /** A call is underway. */
  | { readonly kind: 'underway'; readonly call: FetchCall }
  /** A take was not answered: its slot may hold jobs, so it is read before anything else is taken. */
  | { readonly kind: 'unanswered'; readonly take: Take; readonly reading: SlotReader };

const RESTING: FetchState = { kind: 'resting' };
const PREPARING: FetchState = { kind: 'preparing' };

/** The result of one turn of the fetch loop. */
export interface FetchTurn {
  /** The take that was answered, with its jobs. */
  readonly taken?: { readonly take: Take; readonly jobs: readonly string[] };
  /** The take that was not answered. */
  readonly unanswered?: Take;
  /** Time to wait before the next turn, ms. */
  readonly waitMs: number;
}

/** The part of the worker that the calls use. */
export interface FetchCallsOwner {
  /** Reserves a slot for up to `most` jobs, but no more than there is room for. */
  take(most: number): Take | undefined;
  /**
   * Announces a new connection. Awaited before the connection takes its first job: until other workers know the connection, they
   * cannot detect that its jobs are lost.
   */
  onConnected(): Promise<void>;
}

/** Makes the calls that take the jobs of one queue on its line, one at a time, and keeps what the last call has shown. */
export class FetchCalls {
  readonly arrivals = new ArrivalPattern();
  readonly trouble: TakeTrouble;
  private state: FetchState = PREPARING;
  private readonly interruption: WaitInterruption;
  private readonly announce = (): Promise<void> => this.owner.onConnected();

  constructor(
    readonly line: FetchLine,
    driver: Driver,
    queue: string,
    log: Log,
    private readonly owner: FetchCallsOwner,
  ) {
    this.trouble = new TakeTrouble(queue, log, driver.runtime);
    this.interruption = new WaitInterruption(driver, () => line.identity);
  }

  get isUnderway(): boolean {
    return this.state.kind === 'underway';
  }

  /** The take that Redis did not answer, though it may have moved jobs. */
  get unanswered(): Take | undefined {
    return this.state.kind === 'unanswered' ? this.state.take : undefined;
  }

  /** Whether a settle may be sent in one write with the wait for the next job, because the queue is likely to be empty. */
  get maySettleAndWait(): boolean {
    return this.state.kind === 'resting' && this.arrivals.isOneByOne() && this.line.maySettle;
  }

  /** Makes no call until a promise has resolved. */
  async idleUntil(until: Promise<void>): Promise<void> {
    if (this.state.kind === 'preparing') {
      this.state = RESTING;
    }
    await until;
    if (this.state.kind === 'resting') {
      this.state = PREPARING;
    }
  }

  /**
   * Settles a job in one write with the wait for the next job. Call it in the same turn as {@link maySettleAndWait}.
   * @throws the refusal of Redis, or, once the server cannot carry out the settle any more, the loss of the answer.
   */
  async settleAndWait(input: SettleJobs, take: Take): Promise<SettledJobs> {
    const { line } = this;
    const { output, ready, jobs } = line.settleAndWait(input, take);
    ready.then(
      (count) => this.arrivals.nextWasReady(count > 0),
      () => this.arrivals.forget(),
    );
    this.setUnderway({ take, jobs, isWaiting: true });
    try {
      return await output;
    } catch (error) {
      this.arrivals.forget();
      if (!isRefusal(error) && !(await line.cut())) {
        // The next connection makes the server close this one. A line that is closed for good takes nothing any more.
        await line.line.ready().catch(() => undefined);
      }
      throw error;
    }
  }

  /**
   * Waits for the answer of the call that is underway, or makes a call. Never rejects.
   * @param isWanted - whether the fetcher still wants jobs.
   * @param isOver - resolves when the fetcher stops.
   */
  async turn(isWanted: () => boolean, isOver: Promise<void>): Promise<FetchTurn> {
    if (this.state.kind === 'underway') {
      return this.resultOf(this.state.call);
    }
    let step: FetchStep = 'announce';
    try {
      await this.line.prepare(this.announce, isOver);
      step = 'read';
      const taken = await this.readUnanswered();
      if (taken) {
        return { taken, waitMs: this.trouble.answered(step, taken.jobs.length) };
      }
    } catch (error) {
      return { waitMs: this.trouble.failed(step, error) };
    }
    const call = isWanted() ? this.makeCall() : undefined;
    return call ? this.resultOf(call) : { waitMs: 0 };
  }

  /** Ends the wait for a job early. Resolves when the wait has ended. */
  async interrupt(): Promise<void> {
    const { state } = this;
    if (state.kind === 'underway') {
      await this.interruption.end(state.call.jobs, () => this.state === state);
    }
  }

  /**
   * Reads the slot of a take that was not answered, before anything else is taken. The server has closed the connection of that
   * take by now, so that the content of the slot is final.
   */
  private async readUnanswered(): Promise<FetchTurn['taken']> {
    const { state } = this;
    if (state.kind !== 'unanswered') {
      return undefined;
    }
    const jobs = await state.reading.read(this.line.line);
    this.state = PREPARING;
    return { take: state.take, jobs };
  }

  private makeCall(): FetchCall | undefined {
    const isMore = this.arrivals.isBacklogged || this.trouble.isWaitRefused;
    const take = this.owner.take(isMore ? MAX_JOBS_PER_TAKE : 1);
    if (!take) {
      return undefined;
    }
    const isWaiting = !this.trouble.isWaitRefused && (!isMore || take.most === 1);
    const jobs = isWaiting ? this.line.waitFor(take) : this.line.takeWaiting(take);
    return this.setUnderway({ take, jobs, isWaiting });
  }

  private setUnderway(call: FetchCall): FetchCall {
    this.state = { kind: 'underway', call };
    // The promise may reject before somebody awaits it.
    call.jobs.catch(() => undefined);
    return call;
  }

  private async resultOf({ take, jobs, isWaiting }: FetchCall): Promise<FetchTurn> {
    const step = isWaiting ? 'wait' : 'take';
    try {
      const taken = await jobs;
      this.state = PREPARING;
      this.line.noteAnswer();
      if (isWaiting) {
        this.arrivals.waitEnded(taken.length > 0);
      } else {
        this.arrivals.tookWithoutWait(taken.length, take.most);
      }
      return { taken: { take, jobs: taken }, waitMs: this.trouble.answered(step, taken.length) };
    } catch (error) {
      this.arrivals.forget();
      const waitMs = this.trouble.failed(step, error);
      // A script that failed half way may have moved jobs.
      if (isRefusal(error) && (isWaiting || isTemporary(error))) {
        this.state = PREPARING;
        return { taken: { take, jobs: [] }, waitMs };
      }
      this.state = { kind: 'unanswered', take, reading: new SlotReader(take) };
      return isRefusal(error) ? { waitMs } : { unanswered: take, waitMs };
    }
  }
}
