import type { SettledJobs, SettleJobs } from '../../protocol/operations/settle-jobs.js';
import type { Take } from '../taking/intake.js';
import type { JobPlace } from '../taking/slots.js';

/** The end of a job that is to be settled: its place in a slot, and its reply if it has one. */
export interface Outcome {
  readonly place: JobPlace;
  reply?: OutcomeReply | undefined;
  /** Called when the job has left its slot. */
  onReleased?(): void;
}

export interface OutcomeReply {
  readonly list: string;
  readonly frame: string | Buffer;
  /** The time when the caller stops waiting, ms, Redis clock; `undefined` = never. */
  readonly deadline: number | undefined;
}

/** The way in which a queue gets its next jobs. */
export type NextJobs =
  /** Takes them in the call that settles the jobs before them. */
  | { readonly kind: 'take'; readonly takes: readonly Take[] }
  /** Waits for the next job, in one write with the call that settles the only job. */
  | { readonly kind: 'wait'; readonly take: Take }
  /** Takes none in this call. */
  | { readonly kind: 'none' };

/** The part of a queue that a settler uses. */
export interface SettledQueue {
  readonly name: string;
  /** The list of waiting jobs. */
  readonly requests: string;
  /** Whether a call that settles nothing should take jobs of this queue. */
  wantsJobs(): boolean;
  /**
   * Decides how the queue gets its next jobs, and reserves the slots for them. Called once for each call to Redis, right before
   * the call is made.
   * @param most - how many jobs may be taken together.
   * @param mayWait - whether the call could be sent in one write with the wait for the next job.
   */
  decideNext(most: number, mayWait: boolean): NextJobs;
  /**
   * Settles a job in one write with the wait for the next job.
   * @param take - the take that {@link decideNext} has reserved for the wait.
   * @throws the refusal of Redis, or, once the server cannot carry out the settle any more, the loss of the answer.
   */
  settleAndWait(input: SettleJobs, take: Take): Promise<SettledJobs>;
  /** Called with the jobs of a take. */
  onTaken(take: Take, jobs: readonly string[]): void;
  /**
   * Called when Redis did not answer a take. The take is not repeated: its jobs have to be read from its slot, on the next
   * connection.
   */
  onUnanswered(take: Take): void;
  /** Called when Redis has confirmed that a job has left its slot. */
  onReleased(outcome: Outcome): void;
  /** Called when no call takes jobs of this queue any more, and when an outcome that was retried alone is settled. */
  onSettled(): void;
}
