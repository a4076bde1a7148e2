import { shown } from './error-text.js';

/** Describes a value for an error message: always its kind, its content only where it cannot be a secret. */
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

/** Escapes lone surrogates, which UTF-8 cannot express. */
const escapeLoneSurrogates = (text: string): string =>
  text.replace(/\p{Surrogate}/gu, (half) => `\\u${half.charCodeAt(0).toString(16)}`);

/** Whether a text may be an address with a password, which users may pass for any option by mistake. */
export const mayHoldSecret = (text: string): boolean => text.includes('://') || text.includes('@');

/** Names the kind of a value, without its content. */
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
