import { aName, anInteger, oneOf, type OptionRules } from '../options/option-rules.js';
import type { DeadReason } from '../protocol/dead-reason.js';

/**
 * Chooses dead letters: those to which all of its fields apply. `{}` chooses all. A field that is `undefined` is left out, but a filter
 * with no other fields is refused, because a value is probably missing.
 */
export interface DeadLetterFilter {
  /** Why the job is not run any more. */
  readonly reason?: DeadReason | undefined;
  /** The id of the worker that had the job last. */
  readonly worker?: string | undefined;
  /** The time from which on the job became a dead letter, ms since the epoch. */
  readonly since?: number | undefined;
  /** The time before which the job became a dead letter, ms since the epoch. */
  readonly until?: number | undefined;
}

/** @internal */
export const FILTER_RULES: OptionRules<DeadLetterFilter> = {
  reason: oneOf(
    ...(['unreadable', 'out of deliveries', 'broken stream', 'failed'] satisfies DeadReason[]),
  ),
  worker: aName,
  since: anInteger(0),
  until: anInteger(0),
};

/** Whether a time is in the range of a filter. @internal */
export const isInTime = (at: number, { since = 0, until = Infinity }: DeadLetterFilter): boolean =>
  at >= since && at < until;

/** Whether a filter chooses a letter whose time is right. @internal */
export const isMeant = (
  letter: { readonly reason: DeadReason; readonly worker: string },
  { reason, worker }: DeadLetterFilter,
): boolean =>
  (reason === undefined || letter.reason === reason) &&
  (worker === undefined || letter.worker === worker);
