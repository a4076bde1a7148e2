import { FILTER_RULES, type DeadLetterFilter } from '../../admin/dead-letter-filter.js';
import { describeValue } from '../../errors/value-text.js';
import type { CliOptions, CliValues } from './command.js';
import { UsageError } from './usage-error.js';

/** Options that choose dead letters in place of their ids. */
export const CHOICE_OPTIONS: CliOptions = {
  all: { type: 'boolean', help: 'all dead letters of the queue' },
  reason: {
    type: 'string',
    value: 'REASON',
    help: 'those with this reason: failed, unreadable, "out of deliveries", "broken stream"',
  },
  worker: { type: 'string', value: 'ID', help: 'those that this worker had last' },
};

/** Reads which dead letters are meant. @throws UsageError where nothing says it, or both ids and options do. */
export function chosenLetters(
  ids: readonly string[],
  { all, reason, worker }: CliValues,
): readonly string[] | DeadLetterFilter {
  const isFiltered = reason !== undefined || worker !== undefined;
  if ([ids.length > 0, isFiltered, all === true].filter(Boolean).length !== 1) {
    throw new UsageError(
      'Expected the ids of dead letters, or --reason and --worker, or --all: one of these',
    );
  }
  if (ids.length > 0) {
    return ids;
  }
  const { reason: rule } = FILTER_RULES;
  if (reason !== undefined && !rule.accepts(reason)) {
    throw new UsageError(`Expected --reason to be ${rule.expected}, got ${describeValue(reason)}`);
  }
  return all === true ? {} : ({ reason, worker } as DeadLetterFilter);
}
