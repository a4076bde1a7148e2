/**
 * Reads the message of anything that can be thrown. Never throws itself, whatever the value does when it is looked at: getters
 * that throw, objects without a prototype, revoked proxies.
 */
export function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : String(error);
  } catch {
    return 'an error that cannot be read';
  }
}

/** Reads the stack of anything that can be thrown, where it has one. Never throws itself. */
export function stackOf(error: unknown): string | undefined {
  try {
    const stack: unknown = error instanceof Error ? error.stack : undefined;
    return typeof stack === 'string' ? stack : undefined;
  } catch {
    return undefined;
  }
}
