import type { NextJobs } from '../../protocol/operations/settle-jobs.js';
import { takeJobs } from '../../protocol/operations/take-jobs.js';
import { textOf, type Bytes } from '../bytes.js';
import { lengthOf, pushBehind, rangeOf, trim } from '../lists.js';
import { attempt } from '../reply-error.js';
import type { Store } from '../store.js';
import { entry, type Entry } from './carry-out.js';

type Take = Omit<NextJobs, 'isLong'>;

/** Moves up to `most` waiting jobs into an empty slot. @returns these jobs, or those that the slot already holds. */
export function take(store: Store, { requests, slot, most }: Take): Bytes[] {
  const jobs = attempt(() => rangeOf(store, requests, 0, most - 1)) ?? [];
  if (jobs.length === 0) {
    return [];
  }
  const isPart = jobs.length === most && lengthOf(store, requests) > most;
  const isMoved = isPart
    ? moveFirst(store, requests, slot, jobs)
    : moveAll(store, requests, slot, jobs);
  return isMoved ? jobs : heldBy(store, slot);
}

/** @returns the jobs in a slot; none if the key is not a list. */
export const heldBy = (store: Store, slot: string): Bytes[] =>
  attempt(() => rangeOf(store, slot, 0, -1)) ?? [];

function moveAll(store: Store, requests: string, slot: string, jobs: readonly Bytes[]): boolean {
  if (store.has(slot)) {
    return false;
  }
  store.rename(requests, slot);
  store.persist(slot);
  store.onPush(slot, jobs);
  return true;
}

function moveFirst(store: Store, requests: string, slot: string, jobs: readonly Bytes[]): boolean {
  if (store.has(slot)) {
    return false;
  }
  pushBehind(store, slot, jobs);
  trim(store, requests, jobs.length, -1);
  return true;
}

export const TAKING: readonly Entry[] = [
  entry(takeJobs, ({ store }, input) => take(store, input).map(textOf)),
];
