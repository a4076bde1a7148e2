import { COUNT_FIELDS } from '../../protocol/job-counts.js';
import {
  announceQueues,
  MAX_FORGOTTEN_QUEUES,
  MAX_REGISTERED_QUEUES,
  QUEUE_KEPT_MS,
} from '../../protocol/operations/announce-queues.js';
import { MAX_FIELD_BYTES } from '../../protocol/operations/describe-worker.js';
import { listQueues } from '../../protocol/operations/list-queues.js';
import { MAX_COUNT_DIGITS } from '../../protocol/operations/lua-add-counts.js';
import { markPaused } from '../../protocol/operations/mark-paused.js';
import {
  countsIn,
  MAX_KNOWN_WORKERS,
  readWorkers,
  WORKER_FIELDS,
  type WorkerFields,
} from '../../protocol/operations/read-workers.js';
import { bytesOf, textOf } from '../bytes.js';
import { countMembers, membersBetween, removeMember, setScore } from '../sorted-sets.js';
import type { Store } from '../store.js';
import { entry, type Entry } from './carry-out.js';
import { fieldOf } from './hash-fields.js';

/** What is known of queues and their workers. */
export const REGISTRY: readonly Entry[] = [
  entry(announceQueues, ({ store }, { registry, queues }) => {
    queues.forEach((queue) => setScore(store, registry, bytesOf(queue), store.now));
    const forget = (most: number, highest: number): void =>
      membersBetween(store, registry, -Infinity, highest)
        .slice(0, Math.max(0, most))
        .forEach(([queue]) => removeMember(store, registry, queue));
    forget(MAX_FORGOTTEN_QUEUES, store.now - QUEUE_KEPT_MS);
    const surplus = countMembers(store, registry) - MAX_REGISTERED_QUEUES;
    forget(Math.min(surplus, MAX_FORGOTTEN_QUEUES), Infinity);
  }),

  entry(markPaused, ({ store }, { paused, since }) => {
    store.delete(paused);
    store.write('string', paused, () => bytesOf(since));
  }),

  entry(listQueues, ({ store }, registry) =>
    membersBetween(store, registry, -Infinity, Infinity)
      .slice(0, MAX_REGISTERED_QUEUES)
      .map(([queue, servedAt]) => ({ queue: textOf(queue), servedAt })),
  ),

  entry(readWorkers, ({ store }, { workers, totals, hashes }) => ({
    now: store.now,
    leases: membersBetween(store, workers, -Infinity, Infinity)
      .slice(0, MAX_KNOWN_WORKERS)
      .map(([workerId, expiry]) => ({ workerId: textOf(workerId), expiry })),
    totals: countsOf(store, totals),
    workers: hashes.map((hash) => ({
      fields: Object.fromEntries(
        WORKER_FIELDS.map((field) => [field, fieldOf(store, hash, field, MAX_FIELD_BYTES)]),
      ) as WorkerFields,
      counts: countsOf(store, hash),
    })),
  })),
];

const countsOf = (store: Store, key: string) =>
  countsIn(COUNT_FIELDS.map((field) => fieldOf(store, key, field, MAX_COUNT_DIGITS)));
