import type { SettledJobs, SettleJobs } from '../../protocol/operations/settle-jobs.js';
import type { Take } from '../taking/intake.js';
import type { JobPlace } from '../taking/slots.js';

/** A job that has ended. */
export interface Outcome {
  readonly place: JobPlace;
  reply?: OutcomeReply | undefined;
  /** Hears that the job has left its slot. */
  onReleased?(): void;
}

export interface OutcomeReply {
  readonly list: string;
  readonly frame: string | Buffer;
  /** When its caller stops waiting, ms, Redis clock; `undefined` = never. */
  readonly deadline: number | undefined;
}

/** How a queue gets its next jobs. */
export type NextJobs =
  /** They are taken in the call that settles others. */
  | { readonly kind: 'take'; readonly takes: readonly Take[] }
  /** The next job is waited for, in one write with the call that settles the only one. */
  | { readonly kind: 'wait'; readonly take: Take }
  /** The call is not to take any. */
  | { readonly kind: 'none' };

/** A queue whose jobs are settled: what it hears, and what it says of itself. */
export interface SettledQueue {
  readonly name: string;
  /** The list of waiting jobs. */
  readonly requests: string;
  /** Whether its next jobs may be taken when others are settled. */
  wantsJobs(): boolean;
  /**
   * Decides how it gets its next jobs, and reserves what that needs: no more jobs than there is room for. Asked once a call, at
   * once before the call is made.
   * @param most - how many jobs may be taken together.
   * @param mayWait - whether the call could be sent in one write with the wait for the next job.
   */
  decideNext(most: number, mayWait: boolean): NextJobs;
  /**
   * Settles a job in one write with the wait for the next.
   * @param take - what {@link decideNext} has reserved for that.
   * @throws what Redis refuses it with, or, once Redis cannot carry it out any more, that there was no answer.
   */
  settleAndWait(input: SettleJobs, take: Take): Promise<SettledJobs>;
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
