import { shown } from './error-text.js';

/** A value as an error message shows it: its kind always, its content only where that can be no secret. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'number':
    case 'boolean':
    case 'bigint':
      return `\`${value}\` (${typeof value})`;
    case 'string':
      return mayHoldSecret(value)
        ? kindOf(value)
        : `"${escapeLoneSurrogates(shown(value))}" (string)`;
    default:
      return kindOf(value);
  }
}

/** Halves of surrogate pairs as escapes, since they cannot be written. */
const escapeLoneSurrogates = (text: string): string =>
  text.replace(/\p{Surrogate}/gu, (half) => `\\u${half.charCodeAt(0).toString(16)}`);

/** Whether a text is, or may be, an address with a password in it: one may have been given for any option by mistake. */
export const mayHoldSecret = (text: string): boolean => text.includes('://') || text.includes('@');

/** What a value is, without its content. */
export const kindOf = (value: unknown): string =>
  value === undefined || value === null
    ? `\`${value}\``
    : Array.isArray(value)
      ? 'an array'
      : typeof value === 'object'
        ? 'an object'
        : `a ${typeof value}`;

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
