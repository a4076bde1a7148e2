import { messageOf, stackOf } from '../../errors/error-text.js';
import type { Log } from '../../telemetry/log.js';
import type { QueueKeys } from '../../protocol/keys.js';
import {
  settleJobs,
  type SettledJobs,
  type SettleJobs,
} from '../../protocol/operations/settle-jobs.js';
import { takeJobs } from '../../protocol/operations/take-jobs.js';
import type { Line } from '../../driver/line.js';
import type { LineIdentity } from '../../protocol/wire/line-identity.js';
import { isPassing, isRefusal } from '../../driver/refusal.js';
import type { Driver } from '../../driver/driver.js';
import { Arrivals } from './arrivals.js';
import type { Take } from './intake.js';
import { SlotReading } from './slot-reading.js';
import { TakeTrouble, type Step } from './take-trouble.js';
import { WaitInterruption } from './wait-interruption.js';
import { listLength } from '../../protocol/operations/lists.js';
import { waitForJob } from '../../protocol/operations/wait-for-job.js';
import type { Run } from '../../driver/operation.js';
import { delay, nextTurn } from '../../driver/runtime.js';

/** How long one blocking call waits for a job, seconds. */
export const BLOCK_SECONDS = 5;

/** Jobs that are taken at most by one call: Lua's stack takes about 8 000 values. */
const MOST_JOBS = 500;

/**
 * How long ago a connection has answered that a settle may go on, ms: one that has been silent for longer may be gone without
 * a word, and with a job that takes longer nobody notices a write.
 */
const FRESH = 100;

/** How long a stopping fetcher waits for the server to forget its connection, ms. */
const CUT_TIME = 500;

/** What one turn of the loop came to. */
interface Turn {
  /** A take that was answered, with the jobs that it has brought. */
  readonly taken?: { readonly take: Take; readonly jobs: readonly string[] };
  /** A take without an answer. */
  readonly unanswered?: Take;
  /** How long to wait before the next turn, ms. */
  readonly wait: number;
}

/** What Redis was asked for, and will answer. */
interface Call {
  readonly take: Take;
  readonly jobs: Promise<readonly string[]>;
  /** Whether it waits for a job. */
  readonly isWaiting: boolean;
}

/** What is left of a fetcher that has stopped. */
export interface FetcherRest {
  /** What may have been taken without a word from Redis. */
  readonly unconfirmed: Take | undefined;
  /** Whether no job can come any more. */
  readonly isOver: boolean;
}

/** What the worker that jobs are fetched for hears, and says of itself. */
export interface FetcherOwner {
  /** Resolves when it has room for a job that nobody else fetches, or it is to stop or pause. */
  hasRoom(): Promise<void>;
  /** What to take: no more jobs than it has room for. */
  take(most: number): Take | undefined;
  /** These jobs were taken. */
  onTaken(take: Take, jobs: readonly string[]): void;
  /** Redis did not answer this take; what it has brought is read bit by bit, and then {@link onTaken} follows. */
  onUnanswered(take: Take): void;
  /** Awaited before a new connection takes its first job: until others know of it, they might miss its jobs. */
  onConnected(): Promise<void>;
}

/**
 * The fetch loop of one queue, on a connection of its own: waits for a job, and as long as there are more takes as many
 * as there is room for. From the moment Redis moves a job into a slot, a crash of this process cannot lose it. Under
 * load it rests: who settles jobs takes the next ones in the same step. Where jobs come one by one, it settles each in one
 * write with the wait for the next.
 */
export class JobFetcher {
  readonly arrivals = new Arrivals();
  private connection: Line | undefined;
  private loop: Promise<void> | undefined;
  private isStopping = false;
  private isPaused = false;
  /** Whether it can begin to wait for a job at any time. */
  private isResting = false;
  private onResume: (() => void) | undefined;
  private onStop: () => void = () => undefined;
  private readonly stopped = new Promise<void>((resolve) => {
    this.onStop = resolve;
  });
  private announced: LineIdentity | undefined;
  /** When the connection last answered. */
  private heardAt = 0;
  /** What Redis is asked for now. */
  private call: Call | undefined;
  /** A take that was not answered: its slot may hold jobs or not. */
  private unconfirmed: Take | undefined;
  /** What is known so far of what lies in that slot. */
  private reading: SlotReading | undefined;
  private readonly trouble: TakeTrouble;
  /** The call that was asked to end last, and when it has. */
  private interrupted: Call | undefined;
  private interruption: Promise<void> = Promise.resolve();

  constructor(
    private readonly connections: Driver,
    private readonly queue: string,
    private readonly keys: QueueKeys,
    private readonly log: Log,
    private readonly owner: FetcherOwner,
  ) {
    this.trouble = new TakeTrouble(queue, log, connections.runtime);
  }

  get identity(): LineIdentity | undefined {
    return this.connection?.identity;
  }

  /** What Redis refuses, so that no jobs are taken; `undefined` while they are. */
  get refusal(): string | undefined {
    return this.trouble.refusal;
  }

  get isFetching(): boolean {
    return this.call !== undefined;
  }

  /** Whether the next job is waited for when the one before is settled, since none is likely to be there. */
  get waitsNext(): boolean {
    return (
      this.arrivals.areSingle() &&
      this.connections.runtime.now() - this.heardAt < FRESH &&
      this.isResting &&
      !this.isFetching &&
      !this.isPaused &&
      !this.isStopping &&
      this.connection?.state === 'ready' &&
      this.connection.identity === this.announced
    );
  }

  /**
   * Settles a job in one write with the wait for the next.
   * @returns `undefined` where that is not to be waited for.
   * @throws what Redis refuses it with, or, once the server cannot carry it out any more, that there was no answer.
   */
  settleAndWait(input: SettleJobs): Promise<SettledJobs> | undefined {
    const { connection } = this;
    const take = connection && this.waitsNext ? this.owner.take(1) : undefined;
    if (!connection || !take) {
      return undefined;
    }
    const { output, calls } = connection.runAhead(settleJobs, input, (run) => [
      run(listLength, this.keys.requests),
      this.waitForOne(run, take),
    ]);
    const [waiting, jobs] = calls;
    this.begin({ take, jobs, isWaiting: true });
    waiting.then(
      (count) => this.arrivals.followed(count > 0),
      () => this.arrivals.forget(),
    );
    return this.settled(connection, output);
  }

  private async settled(connection: Line, output: Promise<SettledJobs>): Promise<SettledJobs> {
    try {
      return await output;
    } catch (error) {
      this.arrivals.forget();
      if (!isRefusal(error) && !(await this.cut(connection))) {
        // The one after it makes the server forget it. One that is closed for good takes nothing any more.
        await connection.ready().catch(() => undefined);
      }
      throw error;
    }
  }

  start(): void {
    this.connection = this.connections.blocking(this.queue);
    this.loop = this.fetchUntilStopped(this.connection);
  }

  /** Resolves when no job will be taken until {@link resume}. */
  async pause(): Promise<void> {
    this.isPaused = true;
    await this.interrupt();
  }

  resume(): void {
    this.isPaused = false;
    this.onResume?.();
  }

  /**
   * Resolves when no job will be taken any more; those taken have been handed on.
   * @param outOfTime - aborts when Redis has had its time to answer.
   */
  async stop(outOfTime: AbortSignal): Promise<FetcherRest> {
    const { connection } = this;
    if (!connection) {
      return { unconfirmed: undefined, isOver: true };
    }
    this.isStopping = true;
    this.onStop();
    this.resume();
    const close = (): void => this.connections.release(connection);
    outOfTime.addEventListener('abort', close);
    if (connection.state !== 'ready' || outOfTime.aborted) {
      close();
    }
    await this.interrupt();
    await this.loop;
    outOfTime.removeEventListener('abort', close);
    close();
    const { unconfirmed } = this;
    return { unconfirmed, isOver: !unconfirmed || (await this.cut(connection)) };
  }

  /** Makes the server forget what it may still hold for us. @returns whether it has. */
  private async cut(connection: Line): Promise<boolean> {
    const cuts = connection.identities.map((identity) => this.connections.commands.cut(identity));
    return Promise.race([
      Promise.all(cuts).then(
        (areCut) => areCut.every(Boolean),
        () => false,
      ),
      delay(this.connections.runtime, CUT_TIME, { ref: true }).then(() => false),
    ]);
  }

  private async fetchUntilStopped(connection: Line): Promise<void> {
    const { runtime } = this.connections;
    for (;;) {
      // What may have been taken is looked after even while nothing more is to be taken.
      if (!this.unconfirmed) {
        await this.untilWanted();
      }
      if ((this.isStopping || connection.state === 'closed') && !this.call) {
        return;
      }
      const turn = await this.turn(connection);
      const { taken, wait } = turn;
      this.tellOwner(turn);
      if (wait > 0) {
        await Promise.race([delay(runtime, wait), this.stopped]);
      } else if (!taken) {
        await nextTurn(runtime);
      } else if (this.arrivals.areMore && !this.unconfirmed) {
        // A job that is done by then takes the next ones when it is settled.
        await this.rest(nextTurn(runtime));
      }
    }
  }

  /** What this leads to is no trouble of the connection's, whatever it throws, and does not end the loop. */
  private tellOwner({ taken, unanswered }: Turn): void {
    try {
      if (unanswered) {
        this.owner.onUnanswered(unanswered);
      }
      if (taken) {
        this.owner.onTaken(taken.take, taken.jobs);
      }
    } catch (error) {
      this.log.repeated(
        `taken jobs threw: ${this.queue}`,
        'error',
        `What followed from taking jobs of queue "${this.queue}" threw: ${messageOf(error)}`,
        stackOf(error),
      );
    }
  }

  private async untilWanted(): Promise<void> {
    if (this.isPaused && !this.call) {
      await new Promise<void>((resolve) => {
        this.onResume = resolve;
      });
    }
    await this.rest(this.owner.hasRoom());
  }

  /** Asks Redis for jobs, if they are wanted, and waits for them. Never rejects. */
  private async turn(connection: Line): Promise<Turn> {
    if (this.call) {
      return this.answered(this.call);
    }
    let step: Step = 'announce';
    try {
      await connection.ready();
      await this.announce(connection);
      step = 'read';
      const taken = await this.readUnconfirmed(connection);
      if (taken) {
        return { taken, wait: this.trouble.answered(step, taken.jobs.length) };
      }
    } catch (error) {
      return { wait: this.trouble.failed(step, error) };
    }
    this.ask(connection);
    return this.call ? this.answered(this.call) : { wait: 0 };
  }

  private async rest(until: Promise<void>): Promise<void> {
    this.isResting = true;
    await until;
    this.isResting = false;
  }

  private async announce({ identity }: Line): Promise<void> {
    if (identity !== this.announced) {
      await Promise.race([this.connections.ready(), this.stopped]);
      await this.owner.onConnected();
      this.announced = identity;
    }
  }

  private ask(connection: Line): void {
    if (this.isStopping || this.isPaused) {
      return;
    }
    const isMore = this.arrivals.areMore || this.trouble.isWaitRefused;
    const take = this.owner.take(isMore ? MOST_JOBS : 1);
    if (!take) {
      return;
    }
    if (this.trouble.isWaitRefused || (isMore && take.most > 1)) {
      this.begin({ take, jobs: this.takeWaiting(connection, take), isWaiting: false });
    } else {
      const jobs = this.waitForOne((operation, of) => connection.run(operation, of), take);
      this.begin({ take, jobs, isWaiting: true });
    }
  }

  private begin(call: Call): void {
    this.unconfirmed = call.take;
    this.call = call;
    // It is awaited later than it may be rejected.
    call.jobs.catch(() => undefined);
  }

  private async answered({ take, jobs, isWaiting }: Call): Promise<Turn> {
    const step = isWaiting ? 'wait' : 'take';
    try {
      const taken = await jobs;
      this.unconfirmed = undefined;
      this.heardAt = this.connections.runtime.now();
      if (isWaiting) {
        this.arrivals.waitedFor(taken.length > 0);
      } else {
        this.arrivals.taken(taken.length, take.most);
      }
      return { taken: { take, jobs: taken }, wait: this.trouble.answered(step, taken.length) };
    } catch (error) {
      this.arrivals.forget();
      const wait = this.trouble.failed(step, error);
      // Of a script that met an error in the middle nobody knows how far it came.
      if (isRefusal(error) && (isWaiting || isPassing(error))) {
        this.unconfirmed = undefined;
        return { taken: { take, jobs: [] }, wait };
      }
      return isRefusal(error) ? { wait } : { unanswered: take, wait };
    } finally {
      this.call = undefined;
    }
  }

  private waitForOne(run: Run, { slot }: Take): Promise<readonly string[]> {
    const { requests } = this.keys;
    return run(waitForJob, { requests, slot: slot.key, seconds: BLOCK_SECONDS });
  }

  private takeWaiting(connection: Line, { slot, most }: Take): Promise<readonly string[]> {
    return connection.run(takeJobs, { requests: this.keys.requests, slot: slot.key, most });
  }

  /**
   * Reads the slot of a take that was not answered, before anything else is taken. The connection that asked for it is
   * cut by now on the server's side, too, so that what lies in it is final.
   */
  private async readUnconfirmed(connection: Line): Promise<Turn['taken']> {
    const take = this.unconfirmed;
    if (!take) {
      return undefined;
    }
    this.reading ??= new SlotReading(take);
    const jobs = await this.reading.read(connection);
    this.reading = this.unconfirmed = undefined;
    return { take, jobs };
  }

  /** Ends the wait for a job before its time. Resolves when it has ended. */
  async interrupt(): Promise<void> {
    const { call } = this;
    if (call && call !== this.interrupted) {
      this.interrupted = call;
      this.interruption = new WaitInterruption(this.connections, () => this.identity).end(
        call.jobs,
        () => this.call === call,
      );
    }
    await this.interruption;
  }
}
