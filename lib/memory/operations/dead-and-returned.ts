import {
  moveToDeadLetters,
  type DeadLetterMoveResult,
} from '../../protocol/operations/move-to-dead-letters.js';
import { giveBackJobs } from '../../protocol/operations/give-back-jobs.js';
import {
  recoverWorker,
  type FoundSlot,
  type RecoveryResult,
} from '../../protocol/operations/recover-worker.js';
import { bytesOf, type Bytes } from '../bytes.js';
import { digestOf } from '../digest.js';
import { lengthOf, pushInFront, rangeOf, trim } from '../lists.js';
import { attempt, ReplyError } from '../reply-error.js';
import { removeMember, scoreOf } from '../sorted-sets.js';
import { entry, type Entry } from './carry-out.js';
import { addCounts } from './counts.js';
import { bury, checkLetters, dropOldest } from './letters.js';
import { beginWriting, deleteIfEmpty, emptyPlace, jobAt } from './places.js';
import { replyForDeadJob } from './replies.js';

export const DEAD_AND_RETURNED: readonly Entry[] = [
  entry(moveToDeadLetters, ({ store }, input): DeadLetterMoveResult => {
    const { place, dead, bounds, workerId, reply, ...death } = input;
    const job = jobAt(store, place);
    if (job === undefined) {
      return { outcome: 'gone', dropped: 0 };
    }
    if (job === '') {
      deleteIfEmpty(store, place.key);
      return { outcome: 'gone', dropped: 0 };
    }
    const kind = reply && store.kindOf(reply.list);
    checkLetters(store, dead);
    beginWriting(store, place.key);
    bury(store, dead, { ...death, worker: workerId }, job);
    emptyPlace(store, place);
    deleteIfEmpty(store, place.key);
    const dropped = dropOldest(store, dead, bounds);
    if (!reply) {
      return { outcome: 'moved', dropped };
    }
    if (kind !== undefined && kind !== 'list') {
      return { outcome: 'moved without reply', dropped };
    }
    replyForDeadJob(store, reply);
    return { outcome: 'moved', dropped };
  }),

  entry(giveBackJobs, ({ store }, { requests, places }) => {
    let returned = 0;
    for (const place of places.toReversed()) {
      const job = jobAt(store, place);
      if (job) {
        if (returned === 0) {
          beginWriting(store, place.key);
        }
        pushInFront(store, requests, job);
        emptyPlace(store, place);
        returned++;
      }
      if (job !== undefined) {
        deleteIfEmpty(store, place.key);
      }
    }
    return returned;
  }),

  entry(recoverWorker, ({ store }, input): RecoveryResult => {
    const { requests, workers, dead, bounds, worker, totals, workerId, forget, slots } = input;
    const expiry = scoreOf(store, workers, bytesOf(workerId));
    if (expiry === undefined || expiry > store.now) {
      return { outcome: 'alive', dropped: 0 };
    }
    const found = slots.map(({ key, from = 0 }) => rangeOf(store, key, from, -1));
    if (slots.some(({ digest }, index) => digestOf(found[index]) !== digest)) {
      return { outcome: 'changed', dropped: 0 };
    }
    // Everything that could be refused is checked before anything is changed.
    lengthOf(store, requests);
    if (slots.some(({ jobs }) => jobs.some((job) => job.dead))) {
      checkLetters(store, dead);
    }
    beginWriting(store, workers);
    let isAnyDead = false;
    for (const { job, death, reply } of jobsOf(slots, found)) {
      if (death) {
        bury(store, dead, { ...death, worker: workerId }, job);
        isAnyDead = true;
      } else {
        pushInFront(store, requests, ` ${job}`);
      }
      attempt(() => reply && replyForDeadJob(store, reply));
    }
    const dropped = isAnyDead ? dropOldest(store, dead, bounds) : 0;
    for (const { key, from = 0 } of slots) {
      if (from === 0) {
        store.delete(key);
      } else {
        trim(store, key, 0, from - 1);
      }
    }
    if (forget) {
      addCounts(store, worker, totals);
      removeMember(store, workers, bytesOf(workerId));
      store.delete(worker);
    }
    return { outcome: 'recovered', dropped };
  }),
];

/** @returns the jobs in reverse order, because each is pushed in front of the one before. */
const jobsOf = (slots: readonly FoundSlot[], found: readonly Bytes[][]) =>
  slots
    .flatMap(({ jobs, from = 0 }, index) =>
      jobs.map(({ position, dead, reply }) => {
        const job = found[index]?.[position - from];
        if (job === undefined) {
          throw new ReplyError('ERR attempt to concatenate a nil value');
        }
        return { job, death: dead, reply };
      }),
    )
    .toReversed();
