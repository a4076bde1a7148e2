import { anInteger, type OptionRule } from '../options/option-rules.js';

/** Number of entries that a list has where its call does not say how many. */
export const DEFAULT_LIMIT = 50;

/** Rules for the part of a list that a call asks for. */
export const RANGE_RULES: Readonly<Record<'skip' | 'limit', OptionRule>> = {
  skip: anInteger(0),
  limit: anInteger(1, 1_000),
};
