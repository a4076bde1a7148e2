import type { Driver } from '../../driver/driver.js';
import type { Line } from '../../driver/line.js';
import type { Run } from '../../driver/operation.js';
import { resultWithin } from '../../driver/in-time.js';
import type { QueueKeys } from '../../protocol/keys.js';
import { listLength } from '../../protocol/operations/lists.js';
import {
  settleJobs,
  type SettledJobs,
  type SettleJobs,
} from '../../protocol/operations/settle-jobs.js';
import { takeJobs } from '../../protocol/operations/take-jobs.js';
import { waitForJob } from '../../protocol/operations/wait-for-job.js';
import type { LineIdentity } from '../../protocol/wire/line-identity.js';
import type { Take } from './intake.js';

/** Seconds that one blocking call waits for a job. */
export const BLOCK_SECONDS = 5;

/**
 * Maximum age of the last answer of a line, ms, for a settle to be sent on it. A line that was silent for longer may be lost
 * unnoticed, and for a job that took longer the write that is saved makes no difference.
 */
const MAX_ANSWER_AGE_MS = 100;

/** Time to wait until the server has closed a line, ms. */
const CUT_TIMEOUT_MS = 500;

/** The line on which the jobs of one queue are taken. */
export class FetchLine {
  private opened: Line | undefined;
  /** The identity of the connection that other workers know of. */
  private announced: LineIdentity | undefined;
  /** The time of the last answer of the line, by the clock of the runtime. */
  private answeredAt = 0;

  constructor(
    private readonly driver: Driver,
    private readonly queue: string,
    private readonly keys: QueueKeys,
  ) {}

  /** The line, opened at the first use. @throws when no line can be made at all. */
  get line(): Line {
    this.opened ??= this.driver.blocking(this.queue);
    return this.opened;
  }

  get identity(): LineIdentity | undefined {
    return this.opened?.identity;
  }

  /** The `run_id` of the server that the line has reached last; `undefined` where it is unknown. */
  get lastRunId(): string | undefined {
    return this.opened?.lastRunId;
  }

  /** The identities of the current connection and of earlier ones that the server may still know. */
  get identities(): readonly LineIdentity[] {
    return this.opened?.identities ?? [];
  }

  /** Whether a settle may be sent on the line. */
  get maySettle(): boolean {
    return (
      this.driver.runtime.now() - this.answeredAt < MAX_ANSWER_AGE_MS &&
      this.opened?.state === 'ready' &&
      this.opened.identity === this.announced
    );
  }

  /** Notes that the line has answered. */
  noteAnswer(): void {
    this.answeredAt = this.driver.runtime.now();
  }

  /**
   * Waits for a connection, and announces it to other workers.
   * @param isOver - resolves when the fetcher stops, so that no connection is needed any more.
   */
  async prepare(announce: () => Promise<void>, isOver: Promise<void>): Promise<void> {
    await this.line.ready();
    const { identity } = this.line;
    if (identity !== this.announced) {
      await Promise.race([this.driver.ready(), isOver]);
      await announce();
      this.announced = identity;
    }
  }

  /** Waits for a job. */
  waitFor(take: Take): Promise<readonly string[]> {
    return this.waitBy((operation, input) => this.line.run(operation, input), take);
  }

  /** Takes jobs that are in the queue now. */
  takeWaiting({ slot, most }: Take): Promise<readonly string[]> {
    return this.line.run(takeJobs, { requests: this.keys.requests, slot: slot.key, most });
  }

  /** Settles jobs, and waits for the next job in the same write. */
  settleAndWait(
    input: SettleJobs,
    take: Take,
  ): {
    readonly output: Promise<SettledJobs>;
    /** Number of jobs that were in the queue when the wait began. */
    readonly ready: Promise<number>;
    readonly jobs: Promise<readonly string[]>;
  } {
    const { output, calls } = this.line.runAhead(settleJobs, input, (run) => [
      run(listLength, this.keys.requests),
      this.waitBy(run, take),
    ]);
    const [ready, jobs] = calls;
    return { output, ready, jobs };
  }

  /** Makes the server close all connections of the line that it may still know. @returns whether all are closed for sure. */
  cut(): Promise<boolean> {
    const { commands, runtime } = this.driver;
    const cuts = this.line.identities.map((identity) => commands.cut(identity));
    const areCut = Promise.all(cuts).then(
      (each) => each.every(Boolean),
      () => false,
    );
    return resultWithin(CUT_TIMEOUT_MS, areCut, false, runtime);
  }

  close(): void {
    this.driver.release(this.line);
  }

  private waitBy(run: Run, { slot }: Take): Promise<readonly string[]> {
    const { requests } = this.keys;
    return run(waitForJob, { requests, slot: slot.key, seconds: BLOCK_SECONDS });
  }
}
