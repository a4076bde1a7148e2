/** Characters of a text of anybody's making that a message shows at most. */
const MOST_SHOWN = 100;

/**
 * Whether a value is an error, also one of another realm or without a prototype. Never throws, as `instanceof` does for a
 * revoked proxy.
 */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
  } catch {
    return false;
  }
}

/** Reads a property of anything. Never throws: what cannot be read is `undefined`. */
export function propertyOf(value: unknown, name: string): unknown {
  try {
    return (value as Readonly<Record<string, unknown>> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}

/**
 * Reads the message of anything that can be thrown. Never throws itself, whatever the value does when it is looked at: getters
 * that throw, objects without a prototype, revoked proxies.
 */
export function messageOf(error: unknown): string {
  try {
    return String(isError(error) ? error.message : error);
  } catch {
    const message = isError(error) ? undefined : propertyOf(error, 'message');
    return typeof message === 'string' ? message : 'an error that cannot be read';
  }
}

/** Reads the stack of anything that can be thrown, where it has one. Never throws itself. */
export function stackOf(error: unknown): string | undefined {
  const stack = isError(error) ? propertyOf(error, 'stack') : undefined;
  return typeof stack === 'string' ? stack : undefined;
}

/** Cuts what others chose, such as the id of a job, to what a message can show. */
export function shown(text: string | number): string {
  const whole = String(text);
  return whole.length > MOST_SHOWN ? `${whole.slice(0, MOST_SHOWN)}...` : whole;
}
