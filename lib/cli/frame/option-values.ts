import { describeValue } from '../../errors/value-text.js';
import type { CliValues } from './command.js';
import { UsageError } from './usage-error.js';

/** Reads an option that is an integer. @throws UsageError */
export function integerOf(values: CliValues, name: string, least: number): number | undefined {
  const value = values[name];
  if (value === undefined) {
    return undefined;
  }
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < least || String(value).trim() === '') {
    throw new UsageError(
      `Expected --${name} to be an integer >= ${least}, got ${describeValue(value)}`,
    );
  }
  return number;
}

/** Reads an option that was given any number of times. */
export const textsOf = (values: CliValues, name: string): readonly string[] => {
  const value = values[name];
  return Array.isArray(value) ? value : [];
};
