/** Maximum number of characters of foreign text, such as the id of a job, that a message shows. */
const MAX_SHOWN_CHARACTERS = 100;

/** Maximum number of characters that a message shows of the JSON of a thrown object. */
const MAX_JSON_CHARACTERS = 500;

/**
 * Whether a value is an error, including errors of another realm and errors without a prototype. Never throws, unlike
 * `instanceof`, which throws for a revoked proxy.
 */
export function isError(value: unknown): value is Error {
  try {
    return (
      value instanceof Error ||
      Object.prototype.toString.call(value) === '[object Error]' ||
      hasErrorProperties(value)
    );
  } catch {
    return false;
  }
}

/** Recognizes a `DOMException` of another realm, such as that of a timeout under Jest, which has no other mark of an error. */
function hasErrorProperties(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const { name, message, stack } = value as Partial<Error>;
  return typeof name === 'string' && typeof message === 'string' && typeof stack === 'string';
}

/** Reads a property of any value. Never throws: an unreadable property is `undefined`. */
export function propertyOf(value: unknown, name: PropertyKey): unknown {
  try {
    return (value as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}

/**
 * Reads the message of any thrown value: of an object that is no error its `message`, or else its JSON. Never throws, whatever
 * the value does when it is read: getters that throw, objects without a prototype, revoked proxies.
 */
export function messageOf(error: unknown): string {
  try {
    return isError(error) ? String(error.message) : textOf(error);
  } catch {
    const message = isError(error) ? undefined : (propertyOf(error, 'message') ?? jsonOf(error));
    return typeof message === 'string' ? message : 'an error that cannot be read';
  }
}

/** Describes a thrown value that is no error. */
function textOf(thrown: unknown): string {
  if (typeof thrown === 'function') {
    // `String(thrown)` would be the source code.
    return `function ${thrown.name}`;
  }
  const message = typeof thrown === 'object' ? propertyOf(thrown, 'message') : undefined;
  if (typeof message === 'string' && message !== '') {
    return message;
  }
  const text = String(thrown);
  const isInformative = typeof thrown !== 'object' || !/^(\[object .*\])?$/.test(text);
  return isInformative && !Array.isArray(thrown) ? text : (jsonOf(thrown) ?? text);
}

/** Returns the truncated JSON of an object; `undefined` where it is empty or cannot be written. */
function jsonOf(value: unknown): string | undefined {
  try {
    const json = JSON.stringify(value);
    return json === undefined || json === '{}' ? undefined : truncate(json, MAX_JSON_CHARACTERS);
  } catch {
    return undefined;
  }
}

/** Reads the stack of any thrown value, where it has one. Never throws. */
export function stackOf(error: unknown): string | undefined {
  const stack = isError(error) ? propertyOf(error, 'stack') : undefined;
  return typeof stack === 'string' ? stack : undefined;
}

/** Truncates foreign text, such as the id of a job, to the length that a message can show. */
export function shown(text: string | number): string {
  return truncate(String(text), MAX_SHOWN_CHARACTERS);
}

/** Truncates a text that is longer than `most` characters. */
export const truncate = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most)}...` : text;
