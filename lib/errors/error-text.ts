/** Characters of a text of anybody's making that a message shows at most. */
const MAX_SHOWN_CHARACTERS = 100;

/** Characters of the JSON of an object that was thrown which its message shows at most. */
const MAX_JSON_CHARACTERS = 500;

/**
 * Whether a value is an error, also one of another realm or without a prototype. Never throws, as `instanceof` does for a
 * revoked proxy.
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

/** A `DOMException` of another realm, such as that of a timeout in a test that Jest runs, shows by nothing else that it is an error. */
function hasErrorProperties(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const { name, message, stack } = value as Partial<Error>;
  return typeof name === 'string' && typeof message === 'string' && typeof stack === 'string';
}

/** Reads a property of anything. Never throws: what cannot be read is `undefined`. */
export function propertyOf(value: unknown, name: PropertyKey): unknown {
  try {
    return (value as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}

/**
 * Reads the message of anything that can be thrown, of an object that is no error the `message` that it has, or else its JSON.
 * Never throws itself, whatever the value does when it is looked at: getters that throw, objects without a prototype, revoked
 * proxies.
 */
export function messageOf(error: unknown): string {
  try {
    return isError(error) ? String(error.message) : textOf(error);
  } catch {
    const message = isError(error) ? undefined : (propertyOf(error, 'message') ?? jsonOf(error));
    return typeof message === 'string' ? message : 'an error that cannot be read';
  }
}

/** The text of what was thrown and is no error. */
function textOf(thrown: unknown): string {
  if (typeof thrown === 'function') {
    // Its text would be its source.
    return `function ${thrown.name}`;
  }
  const message = typeof thrown === 'object' ? propertyOf(thrown, 'message') : undefined;
  if (typeof message === 'string' && message !== '') {
    return message;
  }
  const text = String(thrown);
  const isTelling = typeof thrown !== 'object' || !/^(\[object .*\])?$/.test(text);
  return isTelling && !Array.isArray(thrown) ? text : (jsonOf(thrown) ?? text);
}

/** The JSON of an object, cut; `undefined` where that says nothing, or cannot be made. */
function jsonOf(value: unknown): string | undefined {
  try {
    const json = JSON.stringify(value);
    return json === undefined || json === '{}' ? undefined : truncate(json, MAX_JSON_CHARACTERS);
  } catch {
    return undefined;
  }
}

/** Reads the stack of anything that can be thrown, where it has one. Never throws itself. */
export function stackOf(error: unknown): string | undefined {
  const stack = isError(error) ? propertyOf(error, 'stack') : undefined;
  return typeof stack === 'string' ? stack : undefined;
}

/** Cuts what others chose, such as the id of a job, to what a message can show. */
export function shown(text: string | number): string {
  return truncate(String(text), MAX_SHOWN_CHARACTERS);
}

/** Cuts a text that is longer than so many characters. */
export const truncate = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most)}...` : text;
