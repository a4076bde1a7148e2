import type { Argument } from '../driver/operation.js';

/**
 * A text as Redis keeps it, which is bytes: one character for each of them, so that it can be cut, searched and compared as a
 * script in Lua does, and nothing is lost on what is no UTF-8.
 */
export type Bytes = string;

const IS_ASCII = /^[\0-\x7f]*$/;

/** @returns what an argument is kept as. */
export function bytesOf(argument: Argument): Bytes {
  if (Buffer.isBuffer(argument)) {
    return argument.toString('latin1');
  }
  const text = String(argument);
  return IS_ASCII.test(text) ? text : Buffer.from(text).toString('latin1');
}

/** @returns what is answered as a text. */
export const textOf = (bytes: Bytes): string =>
  IS_ASCII.test(bytes) ? bytes : bufferOf(bytes).toString();

/** @returns what is answered as bytes. */
export const bufferOf = (bytes: Bytes): Buffer => Buffer.from(bytes, 'latin1');
