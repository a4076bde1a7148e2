import { COUNT_FIELDS } from '../../protocol/job-counts.js';
import { MAX_COUNT_DIGITS, TOTALS_TTL_MS } from '../../protocol/operations/lua-add-counts.js';
import { textOf } from '../bytes.js';
import { attempt } from '../reply-error.js';
import type { Store } from '../store.js';
import { fieldOf, setFields } from './hash-fields.js';

/** Adds the counts of a worker to the totals of its queue. Never fails. */
export function addCounts(store: Store, worker: string, totals: string): void {
  for (const field of COUNT_FIELDS) {
    const count = fieldOf(store, worker, field, MAX_COUNT_DIGITS);
    if (count !== '0' && /^\d+$/.test(count)) {
      attempt(() => {
        const before = store.read('hash', totals)?.get(field);
        const sum = Number(before === undefined ? 0 : textOf(before)) + Number(count);
        setFields(store, totals, [field, sum]);
      });
    }
  }
  store.expire(totals, TOTALS_TTL_MS);
}
