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

/** Jobs that are taken at most by one call: Lua's stack takes about 8 000 values. */
const MAX_JOBS_PER_TAKE = 500;

/** A call that Redis will answer. */
interface FetchCall {
  readonly take: Take;
  readonly jobs: Promise<readonly string[]>;
  /** Whether it waits for a job. */
  readonly isWaiting: boolean;
}

/** What is asked on the line now. */
type FetchState =
  /** Nothing is to be asked for: a settle may be sent in one write with the wait for the next job. */
  | { readonly kind: 'resting' }
  /** The next call is about to be made. */
  | { readonly kind: 'preparing' }
  | { readonly kind: 'asking'; readonly call: FetchCall }
  /** A take was not answered: its slot may hold jobs or not, which is read before anything else is taken. */
  | { readonly kind: 'unanswered'; readonly take: Take; readonly reading: SlotReader };

const RESTING: FetchState = { kind: 'resting' };
const PREPARING: FetchState = { kind: 'preparing' };

/** What one turn came to. */
export interface FetchTurn {
  /** A take that was answered, with the jobs that it has brought. */
  readonly taken?: { readonly take: Take; readonly jobs: readonly string[] };
  /** A take without an answer. */
  readonly unanswered?: Take;
  /** How long to wait before the next turn, ms. */
  readonly waitMs: number;
}

/** The owner of the calls. */
export interface FetchCallsOwner {
  /** Reserves what is to be taken: no more jobs than there is room for. */
  take(most: number): Take | undefined;
  /** Awaited before a new connection takes its first job: until others know of it, they might miss its jobs. */
  onConnected(): Promise<void>;
}

/** The calls that take the jobs of one queue on its line, one at a time, and what is known of the last of them. */
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
    return this.state.kind === 'asking';
  }

  /** What may have been taken without a word from Redis. */
  get unanswered(): Take | undefined {
    return this.state.kind === 'unanswered' ? this.state.take : undefined;
  }

  /** Whether the next job is to be waited for in one write with the settling of the one before, since none is likely to be there. */
  get maySettleAndWait(): boolean {
    return this.state.kind === 'resting' && this.arrivals.isOneByOne() && this.line.maySettle;
  }

  /** Asks for nothing for a while. @param until - when that is over. */
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
   * Settles a job in one write with the wait for the next, at once after {@link maySettleAndWait} said so.
   * @throws what Redis refuses it with, or, once the server cannot carry it out any more, that there was no answer.
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
        // The connection after it makes the server forget it. A line that is closed for good takes nothing any more.
        await line.line.ready().catch(() => undefined);
      }
      throw error;
    }
  }

  /**
   * Waits for the answer of the call that is on its way, or makes one. Never rejects.
   * @param isWanted - whether jobs are still to be asked for.
   * @param isOver - resolves when nothing will be asked for any more.
   */
  async turn(isWanted: () => boolean, isOver: Promise<void>): Promise<FetchTurn> {
    if (this.state.kind === 'asking') {
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

  /** Ends the wait for a job before its time. Resolves when it has ended. */
  async interrupt(): Promise<void> {
    const { state } = this;
    if (state.kind === 'asking') {
      await this.interruption.end(state.call.jobs, () => this.state === state);
    }
  }

  /**
   * Reads the slot of a take that was not answered, before anything else is taken. The connection that asked for it is
   * cut by now on the server's side, too, so that what is in it is final.
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
    this.state = { kind: 'asking', call };
    // It is awaited later than it may be rejected.
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
      // Of a script that met an error in the middle nobody knows how far it came.
      if (isRefusal(error) && (isWaiting || isTemporary(error))) {
        this.state = PREPARING;
        return { taken: { take, jobs: [] }, waitMs };
      }
      this.state = { kind: 'unanswered', take, reading: new SlotReader(take) };
      return isRefusal(error) ? { waitMs } : { unanswered: take, waitMs };
    }
  }
}
