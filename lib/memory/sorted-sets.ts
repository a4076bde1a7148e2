import type { Bytes } from './bytes.js';
import type { Store } from './store.js';

// Sorted set commands with the rules of Redis.

export const scoreOf = (store: Store, key: string, member: Bytes): number | undefined =>
  store.read('zset', key)?.get(member);

export function setScore(store: Store, key: string, member: Bytes, score: number): void {
  store.write('zset', key, () => new Map()).set(member, score);
}

/** @returns whether there was such a member. */
export function removeMember(store: Store, key: string, member: Bytes): boolean {
  const wasThere = store.read('zset', key)?.delete(member) ?? false;
  store.deleteIfEmpty(key);
  return wasThere;
}

export const countMembers = (store: Store, key: string): number =>
  store.read('zset', key)?.size ?? 0;

/** @returns the members with a score in a range (inclusive), sorted by score, then by bytes. */
export function membersBetween(
  store: Store,
  key: string,
  lowest: number,
  highest: number,
): [member: Bytes, score: number][] {
  return [...(store.read('zset', key) ?? [])]
    .filter(([, score]) => score >= lowest && score <= highest)
    .toSorted(([one, a], [other, b]) => a - b || (one < other ? -1 : 1));
}
