import type { Store } from '../../lib/memory/store.js';
import type { SettleJobs } from '../../lib/protocol/operations/settle-jobs.js';

/** Reads jobs and frames as the store holds them. */

/** The id of a job, or of the job that a frame replies to; `''` where there is none. */
export const idOf = (element: string): string => /^\s*\["([^"]+)",/.exec(element)?.[1] ?? '';

/** The key of the question that a job carries; `''` where it carries none. */
export const keyOf = (job: string): string => /"key":"([^"]+)"/.exec(job)?.[1] ?? '';

/** `r`, `n`, `c` or `e`. */
export const kindOfFrame = (frame: string): string => /^\s*\["[^"]+","(\w)"/.exec(frame)?.[1] ?? '';

/** The limits in the question of a job. */
export function limitsIn(job: string): { readonly maxQueueLength: number | undefined } {
  const found = /"maxQueueLength":(\d+)/.exec(job)?.[1];
  return { maxQueueLength: found === undefined ? undefined : Number(found) };
}

/** The id of the worker that has a slot. */
export const workerOf = (slot: string): string => /active:([\w-]+):\d+$/.exec(slot)?.[1] ?? '';

/** The jobs in a slot; none where the key is not a list. */
export const slotsOf = (store: Store, slot: string): readonly string[] =>
  store.kindOf(slot) === 'list' ? (store.read('list', slot) ?? []) : [];

/** The job at a position of a slot. */
export const jobIn = (store: Store, slot: string, position: number): string | undefined =>
  slotsOf(store, slot)[position];

/** @returns the keys of the jobs that a settle takes out of their slots. */
export function heldIn(store: Store, { slots, places }: SettleJobs): Set<string> {
  const jobs = [
    ...slots.flatMap((slot) => slotsOf(store, slot)),
    ...places.map(({ key, position }) => jobIn(store, key, position) ?? ''),
  ];
  return new Set(jobs.map((job) => keyOf(job)));
}
