import { parkedListOf } from '../../protocol/keys.js';
import {
  settleJobs,
  type Missing,
  type SettleJobs,
} from '../../protocol/operations/settle-jobs.js';
import type { Place } from '../../protocol/operations/lua-empty-place.js';
import { bytesOf, textOf, type Bytes } from '../bytes.js';
import { lengthOf, pushBehind, trim } from '../lists.js';
import { attempt, ReplyError } from '../reply-error.js';
import type { Store } from '../store.js';
import { entry, type Entry } from './carry-out.js';
import { deleteIfEmpty, emptyPlace, emptyPlaces } from './places.js';
import { keepAlive } from './replies.js';
import { heldBy, take } from './taking.js';

export const SETTLING: readonly Entry[] = [
  entry(settleJobs, ({ store }, input) => {
    const { slots, places, groups, takes, isRepeated } = input;
    const isParked = hasParkedLists(input);
    const missing = isParked
      ? restoreParkedLists(store, input, () => findMissing(store, input))
      : findMissing(store, input);
    if (missing) {
      return { missing };
    }
    for (const { list, ttl, frames } of groups) {
      if (!isParked) {
        pushBehind(store, list, frames.map(bytesOf));
      }
      keepAlive(store, list, ttl);
    }
    slots.forEach((slot) => store.delete(slot));
    places.forEach((place) => emptyPlace(store, place));
    new Set(places.map(({ key }) => key)).forEach((slot) => deleteIfEmpty(store, slot));
    const taken = takes.map((next): Bytes[] =>
      isRepeated && store.has(next.slot) ? heldBy(store, next.slot) : take(store, next),
    );
    return { jobs: isParked ? [] : taken.map((jobs) => jobs.map(textOf)) };
  }),
];

const hasParkedLists = ({ groups, bypassesLua }: SettleJobs): boolean =>
  bypassesLua && groups.length > 0;

/** @returns the slots and places that no longer hold their jobs. @throws ReplyError if a reply list is not a list. */
function findMissing(store: Store, input: SettleJobs): Missing | undefined {
  const { slots, places, groups } = input;
  const missing = {
    slots: [...slots.keys()].filter((index) => !store.has(slots[index] ?? '')),
    places: missingPlaces(store, places),
  };
  if (missing.slots.length + missing.places.length > 0) {
    return missing;
  }
  const isParked = hasParkedLists(input);
  // A wrong first list is refused by the push, before anything is changed.
  for (const { list } of isParked ? groups : groups.slice(1)) {
    const kind = store.kindOf(isParked ? parkedListOf(list) : list);
    if (isParked && kind === undefined) {
      throw new ReplyError(`EXPIRED ${list} ran out in this moment`);
    }
    if (kind !== undefined && kind !== 'list') {
      throw new ReplyError(`WRONGTYPE ${list} is a ${kind}, no list of replies`);
    }
  }
  return undefined;
}

function missingPlaces(store: Store, places: readonly Place[]): number[] {
  const seen = new Map<string, { readonly length: number; readonly empty: Set<number> }>();
  return places.flatMap(({ key, position }, index) => {
    const slot = seen.get(key) ?? {
      length: attempt(() => lengthOf(store, key)) ?? 0,
      empty: new Set(attempt(() => emptyPlaces(store, key))),
    };
    seen.set(key, slot);
    const isMissing = position >= slot.length || slot.empty.has(position);
    slot.empty.add(position);
    return isMissing ? [index] : [];
  });
}

/** Restores the parked reply lists: with the new frames if nothing is missing, else without. */
function restoreParkedLists(
  store: Store,
  { groups }: SettleJobs,
  look: () => Missing | undefined,
): Missing | undefined {
  let isClear = false;
  try {
    const missing = look();
    isClear = missing === undefined;
    return missing;
  } finally {
    for (const { list, frames } of groups) {
      const parked = parkedListOf(list);
      if (!isClear) {
        attempt(() => trim(store, parked, 0, -frames.length - 1));
      }
      attempt(() => store.rename(parked, list));
    }
  }
}
