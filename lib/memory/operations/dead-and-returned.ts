import { createHash } from 'node:crypto';
import type { DeadReason } from '../../protocol/dead-job.js';
import { moveToDeadList } from '../../protocol/operations/move-to-dead-list.js';
import { giveBackJobs } from '../../protocol/operations/give-back-jobs.js';
import { recoverWorker, type FoundSlot } from '../../protocol/operations/recover-worker.js';
import { bytesOf, type Bytes } from '../bytes.js';
import { lengthOf, pushBehind, pushInFront, rangeOf, trim } from '../lists.js';
import { attempt, ReplyError } from '../reply-error.js';
import { removeMember, scoreOf } from '../sorted-sets.js';
import type { Store } from '../store.js';
import { entry, type Entry } from './carry-out.js';
import { addCounts } from './counts.js';
import { beginWriting, deleteIfEmpty, emptyPlace, jobAt } from './places.js';
import { replyForDeadJob } from './replies.js';

interface DeadLetter {
  readonly reason: DeadReason;
  readonly message: string;
  readonly workerId: string;
}

export const DEAD_AND_RETURNED: readonly Entry[] = [
  entry(moveToDeadList, ({ store }, input) => {
    const { place, dead, reply } = input;
    const job = jobAt(store, place);
    if (job === undefined) {
      return 'gone';
    }
    if (job === '') {
      deleteIfEmpty(store, place.key);
      return 'gone';
    }
    beginWriting(store, place.key);
    const kind = reply && store.kindOf(reply.list);
    pushToDeadList(store, dead, input, job);
    emptyPlace(store, place);
    deleteIfEmpty(store, place.key);
    if (!reply) {
      return 'moved';
    }
    if (kind !== undefined && kind !== 'list') {
      return 'moved without reply';
    }
    replyForDeadJob(store, reply);
    return 'moved';
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

  entry(recoverWorker, ({ store }, input) => {
    const { requests, workers, dead, worker, totals, workerId, forget, slots } = input;
    const expiry = scoreOf(store, workers, bytesOf(workerId));
    if (expiry === undefined || expiry > store.now) {
      return 'alive';
    }
    const found = slots.map(({ key, from = 0 }) => rangeOf(store, key, from, -1));
    if (slots.some(({ digest }, index) => digestOf(found[index]) !== digest)) {
      return 'changed';
    }
    // Everything that could be refused is checked before anything is changed.
    lengthOf(store, requests);
    if (slots.some(({ jobs }) => jobs.some((job) => job.dead))) {
      lengthOf(store, dead);
    }
    beginWriting(store, workers);
    for (const { job, letter, reply } of jobsOf(slots, found)) {
      if (letter) {
        pushToDeadList(store, dead, { ...letter, workerId }, job);
      } else {
        pushInFront(store, requests, ` ${job}`);
      }
      attempt(() => reply && replyForDeadJob(store, reply));
    }
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
    return 'recovered';
  }),
];

function pushToDeadList(store: Store, dead: string, letter: DeadLetter, job: Bytes): void {
  const { reason, message, workerId } = letter;
  const details = { reason, message: bytesOf(message), worker: bytesOf(workerId), at: store.now };
  pushBehind(store, dead, [JSON.stringify({ ...details, job })]);
}

const digestOf = (jobs: readonly Bytes[] = []): string =>
  jobs.length === 0 ? '' : createHash('sha1').update(jobs.join('\n'), 'latin1').digest('hex');

/** @returns the jobs in reverse order, because each is pushed in front of the one before. */
const jobsOf = (slots: readonly FoundSlot[], found: readonly Bytes[][]) =>
  slots
    .flatMap(({ jobs, from = 0 }, index) =>
      jobs.map(({ position, dead, reply }) => {
        const job = found[index]?.[position - from];
        if (job === undefined) {
          throw new ReplyError('ERR attempt to concatenate a nil value');
        }
        return { job, letter: dead, reply };
      }),
    )
    .toReversed();
