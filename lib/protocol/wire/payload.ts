import {
  PayloadTooLargeError,
  SerializationError,
  type PayloadDirection,
} from '../../errors/index.js';
import { messageOf } from '../../errors/error-text.js';
import { findLostValue } from './lost-values.js';

/**
 * @returns the value as JSON; `undefined` for `undefined`, which JSON cannot express.
 * @throws SerializationError for a cycle, a BigInt, a function, a symbol or a throwing `toJSON`, and for a value that JSON would
 * silently lose: a `Map`, a promise, an error, bytes.
 */
export function encodePayload(
  value: unknown,
  queue: string,
  direction: PayloadDirection,
): string | undefined {
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch (error) {
    throw new SerializationError(queue, direction, messageOf(error), { cause: error });
  }
  if (json === undefined && value !== undefined) {
    throw new SerializationError(queue, direction, `JSON cannot express a ${typeof value}`);
  }
  const lost = findLostValue(value);
  if (lost) {
    const { path, what, instead } = lost;
    const reason = `${path === '' ? 'it is' : `\`${path}\` is`} ${what}, whose content JSON would lose`;
    throw new SerializationError(queue, direction, reason, { instead });
  }
  return json;
}

/**
 * @param text - an encoded job or reply.
 * @param maxPayload - bytes.
 * @param missing - bytes that will be added to the text later.
 * @throws PayloadTooLargeError
 */
export function checkPayloadSize(
  text: string,
  maxPayload: number,
  queue: string,
  direction: PayloadDirection,
  missing = 0,
): void {
  // A UTF-16 unit takes at most three bytes, so small texts need no counting.
  if (text.length * 3 + missing <= maxPayload) {
    return;
  }
  const size = Buffer.byteLength(text) + missing;
  if (size > maxPayload) {
    throw new PayloadTooLargeError(queue, direction, size, maxPayload);
  }
}
