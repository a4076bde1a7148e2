import { describeWorker, MAX_FIELD_BYTES } from '../../protocol/operations/describe-worker.js';
import type { Bytes } from '../bytes.js';
import { elementAt } from '../lists.js';
import { inspectQueue } from '../../protocol/operations/inspect-queue.js';
import {
  fieldsOfWorker,
  MAX_WORKER_ID_BYTES,
  MAX_LAPSED_WORKERS,
  renewLease,
  type RenewedLease,
} from '../../protocol/operations/renew-lease.js';
import { retireWorker } from '../../protocol/operations/retire-worker.js';
import { bytesOf, textOf } from '../bytes.js';
import { lengthOf } from '../lists.js';
import { attempt } from '../reply-error.js';
import { membersBetween, removeMember, scoreOf, setScore } from '../sorted-sets.js';
import type { Store } from '../store.js';
import { entry, type Entry } from './carry-out.js';
import { addCounts } from './counts.js';
import { fieldOf, setFields } from './hash-fields.js';
import { beginWriting } from './places.js';

export const LEASES: readonly Entry[] = [
  entry(renewLease, ({ store }, input): RenewedLease => {
    const { workers, worker, paused, workerId, lease, turn = 0, description } = input;
    const { now } = store;
    const id = bytesOf(workerId);
    const expiry = scoreOf(store, workers, id);
    beginWriting(store, workers);
    setScore(store, workers, id, now + lease);
    setFields(store, worker, fieldsOfWorker(description));
    const lapsed = membersBetween(store, workers, -Infinity, now);
    const offset =
      lapsed.length > MAX_LAPSED_WORKERS ? (turn * MAX_LAPSED_WORKERS) % lapsed.length : 0;
    return {
      now,
      former: expiry === undefined ? 'none' : expiry > now ? 'live' : 'lapsed',
      lapsed: lapsed
        .slice(offset, offset + MAX_LAPSED_WORKERS)
        .filter(([member]) => member.length <= MAX_WORKER_ID_BYTES)
        .map(([member, score]) => ({ workerId: textOf(member), expiry: String(score) })),
      isPaused: store.has(paused),
    };
  }),

  entry(retireWorker, ({ store }, input) => {
    const { workers, worker, totals, workerId, counts = {}, slots, isWatched } = input;
    const id = bytesOf(workerId);
    const isLookedAfter = isWatched || slots.some((slot) => store.has(slot));
    beginWriting(store, workers);
    if (store.has(worker)) {
      attempt(() => setFields(store, worker, Object.entries(counts).flat()));
    }
    if (isLookedAfter) {
      if (scoreOf(store, workers, id) !== undefined) {
        setScore(store, workers, id, store.now);
      }
      return false;
    }
    if (scoreOf(store, workers, id) !== undefined) {
      addCounts(store, worker, totals);
    }
    removeMember(store, workers, id);
    store.delete(worker);
    return true;
  }),

  entry(describeWorker, ({ store }, worker) => {
    const valueOf = (field: string): string => fieldOf(store, worker, field, MAX_FIELD_BYTES);
    return {
      slots: valueOf('slots'),
      connections: valueOf('connections'),
      server: valueOf('server'),
      host: valueOf('host'),
      pid: valueOf('pid'),
    };
  }),

  entry(inspectQueue, ({ store }, { requests, workers }) => ({
    workers: liveWorkers(store, workers),
    queueLength: lengthOf(store, requests),
    age: ageOf(elementAt(store, requests, 0), store.now),
  })),
];

/** @returns how long a job has waited, ms; `0` where that is unknown. */
function ageOf(element: Bytes | undefined, now: number): number {
  const [, pushedAt] =
    /"t":(\d+)(?:,"d":\d+)?\}\]\s*$/.exec(element === undefined ? '' : textOf(element)) ?? [];
  return pushedAt === undefined ? 0 : Math.max(0, now - Number(pushedAt));
}

/** @returns how many workers have a valid lease. */
export const liveWorkers = (store: Store, workers: string): number =>
  membersBetween(store, workers, store.now, Infinity).length;
