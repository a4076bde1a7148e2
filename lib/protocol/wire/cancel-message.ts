/** What is published on a queue's `cancel` channel: the ids of cancelled jobs, as a JSON array. */
export function encodeCancelMessage(ids: readonly string[]): string {
  return JSON.stringify(ids);
}

/** Length of a message, and of an id in it, at most, UTF-16 units: what is longer is not of our making. */
const LONGEST_MESSAGE = 1024 * 1024;
const LONGEST_ID = 256;

/** @returns none for a message that is no such array. Anybody may have published it: what is too long is left out. */
export function decodeCancelMessage(message: string): string[] {
  if (message.length > LONGEST_MESSAGE) {
    return [];
  }
  try {
    const ids: unknown = JSON.parse(message);
    return Array.isArray(ids)
      ? ids.filter((id) => typeof id === 'string' && id.length <= LONGEST_ID)
      : [];
  } catch {
    return [];
  }
}
