import type { Bytes } from './bytes.js';
import { noSuchKey, ReplyError } from './reply-error.js';
import type { Store } from './store.js';

// List commands with the rules of Redis: positions count from 0; negative ones count from the end.

export const lengthOf = (store: Store, key: string): number => store.read('list', key)?.length ?? 0;

export function rangeOf(store: Store, key: string, first: number, last: number): Bytes[] {
  const list = store.read('list', key) ?? [];
  return list.slice(...boundsOf(list, first, last));
}

export function elementAt(store: Store, key: string, position: number): Bytes | undefined {
  return store.read('list', key)?.at(position);
}

/** @returns the new length of the list. */
export function pushBehind(store: Store, key: string, elements: readonly Bytes[]): number {
  const list = store.write('list', key, () => []);
  for (const element of elements) {
    list.push(element);
  }
  store.onPush(key, elements);
  return list.length;
}

export function pushInFront(store: Store, key: string, element: Bytes): void {
  store.write('list', key, () => []).unshift(element);
  store.onPush(key, [element]);
}

export function popHead(store: Store, key: string): Bytes | undefined {
  const head = store.read('list', key)?.shift();
  store.deleteIfEmpty(key);
  return head;
}

/** @returns the element; `undefined` if there is none. @throws ReplyError if either key is not a list; then nothing is moved. */
export function moveHeadTo(store: Store, from: string, to: string): Bytes | undefined {
  const head = elementAt(store, from, 0);
  if (head !== undefined && from !== to) {
    store.read('list', to);
    popHead(store, from);
    pushInFront(store, to, head);
  }
  return head;
}

/** Keeps a range and removes the rest. */
export function trim(store: Store, key: string, first: number, last: number): void {
  const list = store.read('list', key);
  if (list) {
    const [start, end] = boundsOf(list, first, last);
    list.splice(end);
    list.splice(0, start);
    store.deleteIfEmpty(key);
  }
}

export function setAt(store: Store, key: string, position: number, element: Bytes): void {
  const list = store.read('list', key);
  if (!list) {
    throw noSuchKey();
  }
  if (position >= list.length) {
    throw new ReplyError('ERR index out of range');
  }
  list[position] = element;
}

export function removeAt(store: Store, key: string, position: number): void {
  store.read('list', key)?.splice(position, 1);
  store.deleteIfEmpty(key);
}

/** Removes the first `count` elements that equal `element`. */
export function removeFirst(store: Store, key: string, count: number, element: Bytes): void {
  const list = store.read('list', key) ?? [];
  let left = count;
  let kept = 0;
  for (const each of list) {
    if (each !== element || left-- <= 0) {
      list[kept++] = each;
    }
  }
  list.length = kept;
  store.deleteIfEmpty(key);
}

/** @returns start and end of a range, as `slice` takes them. */
function boundsOf(list: readonly Bytes[], first: number, last: number): [number, number] {
  const start = first < 0 ? Math.max(list.length + first, 0) : first;
  const end = (last < 0 ? list.length + last : last) + 1;
  return [start, Math.max(end, start)];
}
