/** What is published on a queue's `cancel` channel: the ids of cancelled jobs, as a JSON array. */
export function encodeCancelMessage(ids: readonly string[]): string {
  return JSON.stringify(ids);
}

/** Length of a message, and of an id in it, at most, UTF-16 units: what is longer is not of our making. */
const MAX_MESSAGE_UTF16_UNITS = 1024 * 1024;
const MAX_ID_UTF16_UNITS = 256;

/** @returns none for a message that is no such array. Anybody may have published it: what is too long is left out. */
export function decodeCancelMessage(message: string): string[] {
  if (message.length > MAX_MESSAGE_UTF16_UNITS) {
    return [];
  }
  try {
    const ids: unknown = JSON.parse(message);
    return Array.isArray(ids)
      ? ids.filter((id) => typeof id === 'string' && id.length <= MAX_ID_UTF16_UNITS)
      : [];
  } catch {
    return [];
  }
}
