import { anInteger, type OptionRules } from '../options/option-rules.js';
import type { ListRange } from './list-range.js';

/** Number of entries that a list has where its call does not say how many. */
export const DEFAULT_LIMIT = 50;

/** Most entries that one call returns. */
export const MAX_LIMIT = 1_000;

/** Rules for the part of a list that a call asks for. */
export const RANGE_RULES: OptionRules<ListRange> = {
  skip: anInteger(0),
  limit: anInteger(1, MAX_LIMIT),
};
