import type { SettledJobs, SettleJobs } from '../../protocol/operations/settle-jobs.js';
import type { Take } from '../taking/intake.js';
import type { JobPlace } from '../taking/slots.js';

/** A job that has ended. */
export interface Outcome {
  readonly place: JobPlace;
  reply?: OutcomeReply | undefined;
}

export interface OutcomeReply {
  readonly list: string;
  readonly frame: string | Buffer;
  /** When its caller stops waiting, ms, Redis clock; `undefined` = never. */
  readonly deadline: number | undefined;
}

/** A queue whose jobs are settled: what it hears, and what it says of itself. */
export interface SettledQueue {
  readonly name: string;
  /** The list of waiting jobs. */
  readonly requests: string;
  /** Whether its next jobs may be taken when others are settled. */
  wantsJobs(): boolean;
  /** Whether its next job is to be waited for, rather than taken, when the only one is settled. */
  waitsNext(): boolean;
  /**
   * Settles a job in one write with the wait for the next.
   * @returns `undefined` where that is not to be waited for.
   * @throws what Redis refuses it with, or, once Redis cannot carry it out any more, that there was no answer.
   */
  settleAndWait(input: SettleJobs): Promise<SettledJobs> | undefined;
  /** What to take next: no more jobs than there is room for. */
  takes(most: number): readonly Take[];
  /** These jobs were taken. */
  onTaken(take: Take, jobs: readonly string[]): void;
  /**
   * Redis did not answer this take, and is not asked for it again: what it has brought is to be read in its slot, on a
   * connection that is made after that.
   */
  onUnanswered(take: Take): void;
  /** Redis has confirmed that the job has left its slot. */
  onReleased(outcome: Outcome): void;
  /** No call asks for its next jobs any more, or an outcome that was tried by itself is settled. */
  onSettled(): void;
}
