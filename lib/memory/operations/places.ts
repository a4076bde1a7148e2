import type { Place } from '../../protocol/operations/lua-empty-place.js';
import type { Bytes } from '../bytes.js';
import { elementAt, lengthOf, setAt } from '../lists.js';
import { attempt } from '../reply-error.js';
import type { Store } from '../store.js';

/** What stands in a slot where a job has left its place. */
const EMPTY: Bytes = '';

/** @returns the job at a place, or {@link EMPTY}; `undefined` where there is no such place. */
export const jobAt = (store: Store, { key, position }: Place): Bytes | undefined =>
  attempt(() => elementAt(store, key, position));

/** @returns the positions that jobs have left. */
export const emptyPlaces = (store: Store, slot: string): number[] =>
  (store.read('list', slot) ?? []).flatMap((job, position) => (job === EMPTY ? [position] : []));

/** Takes one job out of a slot, in which others keep their places. */
export function emptyPlace(store: Store, { key, position }: Place): void {
  setAt(store, key, position, EMPTY);
}

/** Scripts begin to write with what changes nothing else (`lua-past-oom.ts`): a key that is written to so lives for good. */
export const beginWriting = (store: Store, key: string): void => store.persist(key);

export function deleteIfEmpty(store: Store, slot: string): void {
  if (emptyPlaces(store, slot).length === lengthOf(store, slot)) {
    store.delete(slot);
  }
}
