import { COUNT_FIELDS } from '../../protocol/job-counts.js';
import { MAX_COUNT_DIGITS, TOTALS_TTL_MS } from '../../protocol/operations/lua-add-counts.js';
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

/** Adds the counts of a worker to the totals of its queue. Never fails. */
export function addCounts(store: Store, worker: string, totals: string): void {
  for (const field of COUNT_FIELDS) {
    const count = textOf(attempt(() => store.read('hash', worker)?.get(field)) ?? '');
    if (count !== '0' && count.length <= MAX_COUNT_DIGITS && /^\d+$/.test(count)) {
      attempt(() => {
        const before = store.read('hash', totals)?.get(field);
        const sum = Number(before === undefined ? 0 : textOf(before)) + Number(count);
        setFields(store, totals, [field, sum]);
      });
    }
  }
  store.expire(totals, TOTALS_TTL_MS);
}
