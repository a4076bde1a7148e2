import type { Place } from '../../protocol/operations/lua-empty-place.js';
import type { Bytes } from '../bytes.js';
import { elementAt, lengthOf, setAt } from '../lists.js';
import { attempt } from '../reply-error.js';
import type { Store } from '../store.js';

/** The element that replaces a job that was removed from its slot. */
const EMPTY: Bytes = '';

/** @returns the job at a place, or {@link EMPTY}; `undefined` if there is no such place. */
export const jobAt = (store: Store, { key, position }: Place): Bytes | undefined =>
  attempt(() => elementAt(store, key, position));

/** @returns the positions of removed jobs. */
export const emptyPlaces = (store: Store, slot: string): number[] =>
  (store.read('list', slot) ?? []).flatMap((job, position) => (job === EMPTY ? [position] : []));

/** Removes one job from a slot; the others keep their places. */
export function emptyPlace(store: Store, { key, position }: Place): void {
  setAt(store, key, position, EMPTY);
}

/** Starts to write like a script, with a command that has no other effect (`lua-past-oom.ts`) than to remove the TTL of a key. */
export const beginWriting = (store: Store, key: string): void => store.persist(key);

export function deleteIfEmpty(store: Store, slot: string): void {
  if (emptyPlaces(store, slot).length === lengthOf(store, slot)) {
    store.delete(slot);
  }
}
