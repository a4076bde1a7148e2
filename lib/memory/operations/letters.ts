import type { DeadLetterKeys } from '../../protocol/keys.js';
import {
  countDeadLetters,
  readDeadIds,
  readDeadLetters,
  removeDeadLetters,
  retryDeadLetter,
} from '../../protocol/operations/dead-letters.js';
import { MAX_DROPPED } from '../../protocol/operations/lua-letters.js';
import { takeListedLetter } from '../../protocol/operations/take-listed-letter.js';
import {
  encodeHead,
  type DeadLetterBounds,
  type LetterHead,
} from '../../protocol/wire/dead-letter.js';
import { bufferOf, bytesOf, textOf, type Bytes } from '../bytes.js';
import { digestOf } from '../digest.js';
import { elementAt, lengthOf, pushBehind, removeAt } from '../lists.js';
import { countMembers, membersBetween, removeMember, setScore } from '../sorted-sets.js';
import type { Store } from '../store.js';
import { entry, type Entry } from './carry-out.js';
import { beginWriting } from './places.js';

export const LETTERS: readonly Entry[] = [
  entry(countDeadLetters, ({ store }, { ids }) => countMembers(store, ids)),

  entry(readDeadIds, ({ store }, { dead, first, last }) =>
    oldestFirst(store, dead.ids)
      .toReversed()
      .slice(first, last === -1 ? undefined : last + 1)
      .map(textOf),
  ),

  entry(readDeadLetters, ({ store }, { dead, ids }) => {
    const letters = store.read('hash', dead.letters);
    return ids.map((id) => {
      const letter = letters?.get(id);
      return letter === undefined ? null : bufferOf(letter);
    });
  }),

  entry(retryDeadLetter, ({ store }, { dead, id, requests, element }) => {
    checkLetters(store, dead);
    if (!store.read('hash', dead.letters)?.get(bytesOf(id))?.length) {
      return false;
    }
    lengthOf(store, requests);
    if (!removeLetter(store, dead, bytesOf(id))) {
      return false;
    }
    pushBehind(store, requests, [bytesOf(element)]);
    return true;
  }),

  entry(removeDeadLetters, ({ store }, { dead, ids }) => {
    checkLetters(store, dead);
    return ids.filter((id) => removeLetter(store, dead, bytesOf(id))).length;
  }),

  entry(takeListedLetter, ({ store }, { list, position, digest, retry }) => {
    const letter = elementAt(store, list, position);
    if (letter === undefined || !digestOf([letter]).startsWith(digest)) {
      return false;
    }
    if (retry) {
      lengthOf(store, retry.requests);
    }
    beginWriting(store, list);
    removeAt(store, list, position);
    if (retry) {
      pushBehind(store, retry.requests, [bytesOf(retry.element)]);
    }
    return true;
  }),
];

/** Fails where one of the keys has a wrong type. A field that is no number begins anew. @throws ReplyError */
export function checkLetters(store: Store, { ids, letters }: DeadLetterKeys): void {
  store.read('zset', ids);
  const fields = store.read('hash', letters);
  for (const field of ['bytes', 'last']) {
    if (!/^-?\d{1,15}$/.test(fields?.get(field) ?? '0')) {
      fields?.delete(field);
      store.deleteIfEmpty(letters);
    }
  }
}

/** Adds a letter. */
export function bury(store: Store, keys: DeadLetterKeys, head: LetterHead, job: Bytes): void {
  if (countMembers(store, keys.ids) === 0) {
    store.delete(keys.letters);
  }
  const letter: Bytes = `${bytesOf(encodeHead(head))}\n${job}`;
  const letters = store.write('hash', keys.letters, () => new Map());
  const last = Number(letters.get('last') ?? 0) + 1;
  const id = `${store.now}-${String(last).padStart(6, '0')}`;
  letters.set('last', String(last));
  setScore(store, keys.ids, id, store.now);
  letters.set(id, letter);
  letters.set('bytes', String(Number(letters.get('bytes') ?? 0) + letter.length));
  store.onPush(keys.letters, [letter]);
}

/** Removes a letter. @returns whether there was one. */
function removeLetter(store: Store, { ids, letters }: DeadLetterKeys, id: Bytes): boolean {
  if (!removeMember(store, ids, id)) {
    return false;
  }
  const texts = store.read('hash', letters);
  const length = texts?.get(id)?.length ?? 0;
  texts?.delete(id);
  if (countMembers(store, ids) === 0) {
    store.delete(letters);
  } else {
    const all = store.write('hash', letters, () => new Map());
    all.set('bytes', String(Number(all.get('bytes') ?? 0) - length));
  }
  return true;
}

/** Removes the oldest letters beyond the bounds. @returns how many. */
export function dropOldest(store: Store, keys: DeadLetterKeys, bounds: DeadLetterBounds): number {
  let dropped = 0;
  let left = countMembers(store, keys.ids);
  const isTooMuch = (): boolean =>
    left > bounds.maxDead ||
    Number(store.read('hash', keys.letters)?.get('bytes')) > bounds.maxDeadBytes;
  const oldest = isTooMuch() ? oldestFirst(store, keys.ids) : [];
  while (left > 1 && dropped < MAX_DROPPED && isTooMuch()) {
    removeLetter(store, keys, oldest[dropped] ?? '');
    dropped++;
    left--;
  }
  return dropped;
}

const oldestFirst = (store: Store, ids: string): Bytes[] =>
  membersBetween(store, ids, -Infinity, Infinity).map(([id]) => id);
