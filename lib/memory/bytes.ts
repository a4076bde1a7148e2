import type { Argument } from '../driver/operation.js';

/**
 * A byte string as Redis stores it, with one character per byte: it can be cut, searched and compared like a string in Lua, and
 * bytes that are not UTF-8 are kept.
 */
export type Bytes = string;

const IS_ASCII = /^[\0-\x7f]*$/;

/** @returns the stored form of an argument. */
export function bytesOf(argument: Argument): Bytes {
  if (Buffer.isBuffer(argument)) {
    return argument.toString('latin1');
  }
  const text = String(argument);
  return IS_ASCII.test(text) ? text : Buffer.from(text).toString('latin1');
}

/** @returns the answer as text. */
export const textOf = (bytes: Bytes): string =>
  IS_ASCII.test(bytes) ? bytes : bufferOf(bytes).toString();

/** @returns the answer as bytes. */
export const bufferOf = (bytes: Bytes): Buffer => Buffer.from(bytes, 'latin1');
