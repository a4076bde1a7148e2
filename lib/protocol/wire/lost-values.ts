/** A value whose content JSON would silently lose. */
export interface LostValue {
  /** The path to the value, such as `items[0].byId`; empty for the payload itself. */
  readonly path: string;
  /** The kind of value, such as `a Map`. */
  readonly what: string;
  /** The advice: a value to send instead. */
  readonly instead: string;
}

type Kind = Omit<LostValue, 'path'>;

/** A lost value with the keys that lead to it, the innermost first. */
interface Found {
  readonly kind: Kind;
  readonly keys: (string | number)[];
}

/**
 * Finds the first value that JSON would write as `{}`, or in an unexpected form: a `Map`, a promise, a typed array, an error.
 * Values that JSON leaves out or changes by its well-known rules (functions, `undefined`, `NaN`, dates) do not count, nor do
 * values with a `toJSON` method.
 *
 * The payload must be one that JSON could write, and so without cycles. Never throws.
 */
export function findLostValue(payload: unknown): LostValue | undefined {
  try {
    const found = find(payload);
    return found && { ...found.kind, path: pathOf(found.keys) };
  } catch {
    // A getter or a proxy trap may throw although JSON could read it a moment ago.
    return undefined;
  }
}

/** Checks every value of a payload. Runs for each request: plain data costs one comparison per value, and no memory. */
function find(value: unknown): Found | undefined {
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const found = find(value[index]);
      if (found) {
        return within(found, index);
      }
    }
    return undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    const kind = kindOf(value);
    if (kind !== 'looked into') {
      return kind && { kind, keys: [] };
    }
  }
  for (const key in value) {
    const found = find((value as Readonly<Record<string, unknown>>)[key]);
    // JSON writes neither inherited properties nor those of an object with a `toJSON` method.
    if (found && Object.hasOwn(value, key) && !hasToJson(value)) {
      return within(found, key);
    }
  }
  return undefined;
}

function within(found: Found, key: string | number): Found {
  found.keys.push(key);
  return found;
}

/** Returns the kind of an object that is not plain; `undefined` for an object with a `toJSON` method. */
function kindOf(value: object): Kind | 'looked into' | undefined {
  if (ArrayBuffer.isView(value)) {
    return binary(value);
  }
  if (hasToJson(value)) {
    return undefined;
  }
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
  const kind = KINDS.get(tag);
  if (kind) {
    return kind;
  }
  if (tag === 'Error' || tag === 'DOMException' || value instanceof Error) {
    return errorKind(value);
  }
  if (has(value, 'subscribe') && (has(value, 'lift') || has(value, 'pipe'))) {
    return { what: 'an Observable', instead: '`await lastValueFrom(observable)`' };
  }
  if (has(value, 'then')) {
    return PROMISE;
  }
  if (has(value, Symbol.asyncIterator)) {
    return {
      what: `an AsyncIterable${named(value)}`,
      instead: 'its values, in an array (a handler that returns it by itself streams them)',
    };
  }
  if (has(value, Symbol.iterator) && (has(value, 'next') || isEmpty(value))) {
    return has(value, 'next')
      ? {
          what: 'an iterator',
          instead: '`[...iterator]` (a handler that returns it by itself streams its values)',
        }
      : { what: `an iterable${named(value)}`, instead: '`[...iterable]`' };
  }
  return isEmpty(value) && hasGetters(value)
    ? {
        what: `an object${named(value)} whose values are behind getters`,
        instead: 'a plain object of them, or give the class a `toJSON()`',
      }
    : 'looked into';
}

const PROMISE: Kind = { what: 'a Promise', instead: 'what it resolves to: `await` it' };
const WEAK = { instead: 'plain data, since nothing can list what it holds' };
const BYTES = { instead: "`Buffer.from(buffer).toString('base64')`" };

/** Kinds by their tag in `Object.prototype.toString`, which is also right for other realms and for subclasses. */
const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>(
  Object.entries({
    Map: { what: 'a Map', instead: '`Object.fromEntries(map)` or `[...map]`' },
    Set: { what: 'a Set', instead: '`[...set]`' },
    WeakMap: { what: 'a WeakMap', ...WEAK },
    WeakSet: { what: 'a WeakSet', ...WEAK },
    WeakRef: { what: 'a WeakRef', ...WEAK },
    Promise: PROMISE,
    RegExp: { what: 'a RegExp', instead: '`regExp.source`, a string' },
    ArrayBuffer: { what: 'an ArrayBuffer', ...BYTES },
    SharedArrayBuffer: { what: 'a SharedArrayBuffer', ...BYTES },
    Blob: { what: 'a Blob', instead: "`Buffer.from(await blob.arrayBuffer()).toString('base64')`" },
    File: { what: 'a File', instead: "`Buffer.from(await file.arrayBuffer()).toString('base64')`" },
  }),
);

function binary(value: ArrayBufferView): Kind {
  if (Buffer.isBuffer(value)) {
    return { what: 'a Buffer', instead: "`buffer.toString('base64')`, or `buffer.toJSON()`" };
  }
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
  return tag === 'DataView' || tag === 'Uint8Array' || tag === 'Uint8ClampedArray'
    ? { what: `a ${tag}`, instead: "`Buffer.from(array.buffer).toString('base64')`" }
    : { what: `${/^[AEIOU]/.test(tag) ? 'an' : 'a'} ${tag}`, instead: '`Array.from(array)`' };
}

const errorKind = (error: object): Kind => ({
  what: `an Error${named(error)}`,
  instead: 'a plain object such as `{ message: error.message }`, or throw it from the handler',
});

const has = (value: object, name: string | symbol): boolean =>
  typeof (value as Readonly<Record<string | symbol, unknown>>)[name] === 'function';

const hasToJson = (value: object): boolean => has(value, 'toJSON');

const isEmpty = (value: object): boolean => Object.keys(value).length === 0;

/** Whether the class of an object has getters. Skips the root prototype, which has `__proto__`. */
function hasGetters(value: object): boolean {
  for (
    let prototype: object | null = Object.getPrototypeOf(value);
    prototype && Object.getPrototypeOf(prototype) !== null;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    if (Object.values(Object.getOwnPropertyDescriptors(prototype)).some(({ get }) => get)) {
      return true;
    }
  }
  return false;
}

/** Class names that add nothing to the kind. */
const COMMON_NAMES: ReadonlySet<string> = new Set(['Object', 'Error', 'AsyncGenerator', '']);
const MAX_NAME_CHARACTERS = 60;

function named({ constructor }: object): string {
  const name = typeof constructor === 'function' ? String(constructor.name) : '';
  return COMMON_NAMES.has(name) ? '' : ` (${name.slice(0, MAX_NAME_CHARACTERS)})`;
}

/** Maximum numbers of characters of a key, and of keys, that a path shows, since keys may be foreign data. */
const MAX_KEY_CHARACTERS = 40;
const MAX_PATH_KEYS = 12;
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

function pathOf(keys: readonly (string | number)[]): string {
  const shown = keys.toReversed();
  const path = shown.slice(0, MAX_PATH_KEYS).map(stepOf).join('');
  return `${path.replace(/^\./, '')}${shown.length > MAX_PATH_KEYS ? '...' : ''}`;
}

function stepOf(key: string | number): string {
  if (typeof key === 'number') {
    return `[${key}]`;
  }
  const cut = key.length > MAX_KEY_CHARACTERS ? `${key.slice(0, MAX_KEY_CHARACTERS)}...` : key;
  return IDENTIFIER.test(cut) ? `.${cut}` : `[${JSON.stringify(cut)}]`;
}
