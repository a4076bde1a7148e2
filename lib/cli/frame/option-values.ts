import { describeValue } from '../../errors/value-text.js';
import { anInteger } from '../../options/option-rules.js';
import type { CliValues } from './command.js';
import { UsageError } from './usage-error.js';

/** Reads an option that is an integer. @throws UsageError */
export function integerOf(
  values: CliValues,
  name: string,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number | undefined {
  const value = values[name];
  if (value === undefined) {
    return undefined;
  }
  const number = Number(value);
  const rule = anInteger(least, most);
  if (!rule.accepts(number) || String(value).trim() === '') {
    throw new UsageError(`Expected --${name} to be ${rule.expected}, got ${describeValue(value)}`);
  }
  return number;
}

/** Reads an option that was given any number of times. */
export const textsOf = (values: CliValues, name: string): readonly string[] => {
  const value = values[name];
  return Array.isArray(value) ? value : [];
};
