import type { ListRange } from '../../admin/list-range.js';
import { DEFAULT_LIMIT, MAX_LIMIT } from '../../admin/range-rules.js';
import type { CliOptions, CliValues } from './command.js';
import { integerOf } from './option-values.js';

/** Options that choose a part of a list. @param entries - what the list has; @param verb - what the command does with it. */
export const rangeOptions = (entries: string, verb: string): CliOptions => ({
  limit: {
    type: 'string',
    value: 'COUNT',
    help: `most ${entries} to ${verb}, up to ${MAX_LIMIT}; default: ${DEFAULT_LIMIT}`,
  },
  skip: { type: 'string', value: 'COUNT', help: `${entries} to leave out; default: 0` },
});

/** Reads which part of a list is meant. @throws UsageError */
export const rangeIn = (values: CliValues): ListRange => ({
  skip: integerOf(values, 'skip', 0),
  limit: integerOf(values, 'limit', 1, MAX_LIMIT),
});
