import {
  MAX_PRUNED_BYTES,
  MAX_PRUNED_JOBS,
  pruneExpiredJobs,
  TOMBSTONE,
} from '../../protocol/operations/prune-expired-jobs.js';
import type { Bytes } from '../bytes.js';
import { elementAt, popHead, removeFirst, setAt } from '../lists.js';
import { entry, type Entry } from './carry-out.js';

/** Patterns of the script in `prune-expired-jobs.ts`. */
const DEADLINE = /"t":\d+,"d":(\d+)\}\][ \t-\r]*$/;
const LIBRARY_META = /,\{"c":"[^"\\]*",(?:"n":\d+,)?"t":\d+,"d":\d+\}\][ \t-\r]*$/;
const PLAIN_ID = /^[ \t-\r]*\["[^"\\]*",/;

/** Length of the parts at the start and at the end of a job that are inspected. */
const INSPECTED_BYTES = 256;

export const PRUNING: readonly Entry[] = [
  entry(pruneExpiredJobs, ({ store }, { requests, from }) => {
    let position = from;
    let dropped = 0;
    let tombstones = 0;
    let bytes = 0;
    let job: Bytes | undefined;
    for (let looked = 0; looked < MAX_PRUNED_JOBS && bytes <= MAX_PRUNED_BYTES; looked++) {
      job = elementAt(store, requests, position);
      if (job === undefined) {
        break;
      }
      bytes += job.length;
      if (!isExpired(job, store.now)) {
        position++;
        continue;
      }
      dropped++;
      if (position === 0) {
        popHead(store, requests);
      } else {
        setAt(store, requests, position++, TOMBSTONE);
        tombstones++;
      }
    }
    if (tombstones > 0) {
      removeFirst(store, requests, tombstones, TOMBSTONE);
    }
    return { dropped, next: job === undefined ? undefined : position - tombstones };
  }),
];

function isExpired(job: Bytes, now: number): boolean {
  const deadline = DEADLINE.exec(job.slice(-INSPECTED_BYTES))?.[1];
  return (
    deadline !== undefined &&
    Number(deadline) <= now &&
    (endsWithLibraryMeta(job) || isDue(job, now))
  );
}

/** Whether the last object is certainly the meta of the library, and not the data of a version 1 job. */
function endsWithLibraryMeta(job: Bytes): boolean {
  const tail = job.slice(-INSPECTED_BYTES);
  const comma = LIBRARY_META.exec(tail)?.index;
  const id = PLAIN_ID.exec(job.slice(0, INSPECTED_BYTES))?.[0];
  return comma !== undefined && id !== undefined && job.length - tail.length + comma >= id.length;
}

function isDue(job: Bytes, now: number): boolean {
  if (job.length > MAX_PRUNED_BYTES) {
    return false;
  }
  try {
    const item: unknown = JSON.parse(job);
    const meta: unknown = Array.isArray(item) ? item[2] : undefined;
    const deadline = typeof meta === 'object' && meta !== null && 'd' in meta ? meta.d : undefined;
    return typeof deadline === 'number' && deadline <= now;
  } catch {
    return false;
  }
}
