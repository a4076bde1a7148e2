import { readJson } from './read-json.js';

/** Encodes a message of a queue's `cancel` channel: the ids of cancelled jobs, as a JSON array. */
export function encodeCancelMessage(ids: readonly string[]): string {
  return JSON.stringify(ids);
}

/** Longest message, and longest id in it, UTF-16 units. This library sends no longer ones. */
const MAX_MESSAGE_UTF16_UNITS = 1024 * 1024;
const MAX_ID_UTF16_UNITS = 256;

/** @returns the ids; none for an unreadable message. Any process may have published it: ids that are too long are left out. */
export function decodeCancelMessage(message: string): string[] {
  if (message.length > MAX_MESSAGE_UTF16_UNITS) {
    return [];
  }
  const ids = readJson(message);
  return Array.isArray(ids)
    ? ids.filter((id) => typeof id === 'string' && id.length <= MAX_ID_UTF16_UNITS)
    : [];
}
