/** A value whose content JSON would drop without a word. */
export interface LostValue {
  /** Where it is, such as `items[0].byId`; empty for the payload itself. */
  readonly path: string;
  /** What it is, such as `a Map`. */
  readonly what: string;
  /** What to send instead. */
  readonly instead: string;
}

type Kind = Omit<LostValue, 'path'>;

/** A lost value on the way up to the payload: the keys that lead to it, the innermost first. */
interface Found {
  readonly kind: Kind;
  readonly keys: (string | number)[];
}

/**
 * Finds the first value that JSON would write as `{}`, or in a form that nobody expects: a `Map`, a promise, a typed array, an
 * error. What JSON leaves out or changes by its own well-known rules (functions, `undefined`, `NaN`, dates) is none, and
 * neither is what has a `toJSON` of its own.
 *
 * Call it with what JSON could write, which has no cycles. Never throws.
 */
export function findLostValue(payload: unknown): LostValue | undefined {
  try {
    const found = find(payload);
    return found && { ...found.kind, path: pathOf(found.keys) };
  } catch {
    // A getter, or a trap of a proxy, that was read once by JSON and throws now.
    return undefined;
  }
}

/** Looks at every value of a payload. It is on the way of each request: plain data costs it a comparison each, and no memory. */
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
    // What is inherited is not written, nor is anything of an object that says itself what is.
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

/** What an object is that is no plain one; `undefined` for one that says itself what is written of it. */
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

/** Kinds by what `Object.prototype.toString` calls them, which holds for other realms and for subclasses, too. */
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

/** Whether the class of an object has getters: not the root of its prototypes, which has `__proto__`. */
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

/** Names of classes that say no more than what is said already. */
const COMMON_NAMES: ReadonlySet<string> = new Set(['Object', 'Error', 'AsyncGenerator', '']);
const MAX_NAME_CHARACTERS = 60;

function named({ constructor }: object): string {
  const name = typeof constructor === 'function' ? String(constructor.name) : '';
  return COMMON_NAMES.has(name) ? '' : ` (${name.slice(0, MAX_NAME_CHARACTERS)})`;
}

/** Characters of a key, and keys, that a path shows at most: keys may be data of anybody's making. */
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
