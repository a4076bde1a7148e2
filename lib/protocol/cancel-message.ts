/** What is published on a queue's `cancel` channel: the ids of cancelled jobs, as a JSON array. */
export function encodeCancelMessage(ids: readonly string[]): string {
  return JSON.stringify(ids);
}

/** @returns none for a message that is no such array. */
export function decodeCancelMessage(message: string): string[] {
  try {
    const ids: unknown = JSON.parse(message);
    return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
}
