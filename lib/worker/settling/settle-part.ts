import type { Take } from '../taking/intake.js';
import type { Outcome, SettledQueue } from './outcome.js';

export const NO_TAKES: readonly Take[] = [];

/** The part of one call that concerns one queue. */
export interface SettlePart {
  readonly queue: SettledQueue;
  readonly outcomes: readonly Outcome[];
  /** The takes of the next jobs. */
  readonly takes: readonly Take[];
  /** Whether the queue has yet to decide how it gets its next jobs. */
  readonly needsNext?: boolean;
  /** The take of the wait that is sent in one write with the call. */
  readonly wait?: Take | undefined;
  /** Whether the server has lost the jobs, so that only their replies are left to push. */
  readonly areLost?: boolean;
}

/** Whether a part has anything to do in Redis. */
export const hasWork = ({ outcomes, takes, needsNext }: SettlePart): boolean =>
  outcomes.length > 0 || takes.length > 0 || needsNext === true;

/** @returns each outcome and each take by itself. */
export const splitIntoSingles = (parts: readonly SettlePart[]): SettlePart[] =>
  parts.flatMap((part) => [
    ...part.outcomes.map((outcome) => ({ ...part, outcomes: [outcome], takes: [] })),
    ...part.takes.map((take) => ({ ...part, outcomes: [], takes: [take] })),
  ]);
