import { bytesOf, textOf } from '../bytes.js';
import { attempt } from '../reply-error.js';
import type { Store } from '../store.js';

/** Sets fields of a hash. @param fields - names and values in turn. */
export function setFields(store: Store, key: string, fields: readonly (string | number)[]): void {
  if (fields.length === 0) {
    return;
  }
  const hash = store.write('hash', key, () => new Map());
  for (let index = 0; index < fields.length; index += 2) {
    hash.set(String(fields[index]), bytesOf(fields[index + 1] ?? ''));
  }
}

/** @returns a field of a hash; `''` where it is missing, longer than so many bytes, or the key is no hash. */
export function fieldOf(store: Store, key: string, field: string, longest: number): string {
  const value = attempt(() => store.read('hash', key)?.get(field)) ?? '';
  return value.length <= longest ? textOf(value) : '';
}
