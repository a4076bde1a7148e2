import type { Take } from '../taking/intake.js';
import type { Outcome, SettledQueue } from './outcome.js';

export const NO_TAKES: readonly Take[] = [];

/** What one call does for one queue. */
export interface SettlePart {
  readonly queue: SettledQueue;
  readonly outcomes: readonly Outcome[];
  /** The next jobs that are to be taken. */
  readonly takes: readonly Take[];
  /** Whether the queue is still to be asked how it gets its next jobs. */
  readonly needsNext?: boolean;
  /** What is waited for in one write with the call. */
  readonly wait?: Take | undefined;
  /** Whether the server has lost the jobs, so that nothing but their replies is left to settle. */
  readonly areLost?: boolean;
}

/** Whether it asks Redis for anything. */
export const hasWork = ({ outcomes, takes, needsNext }: SettlePart): boolean =>
  outcomes.length > 0 || takes.length > 0 || needsNext === true;

/** @returns each outcome and each take by itself. */
export const splitIntoSingles = (parts: readonly SettlePart[]): SettlePart[] =>
  parts.flatMap((part) => [
    ...part.outcomes.map((outcome) => ({ ...part, outcomes: [outcome], takes: [] })),
    ...part.takes.map((take) => ({ ...part, outcomes: [], takes: [take] })),
  ]);
