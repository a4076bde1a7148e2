import { putAwayJob } from '../../protocol/operations/put-away-job.js';
import { bytesOf } from '../bytes.js';
import { lengthOf, pushBehind, removeFirst } from '../lists.js';
import { entry, type Entry } from './carry-out.js';

export const REMOVING: readonly Entry[] = [
  entry(putAwayJob, ({ store }, { requests, away, element, ttl }) => {
    if (!store.has(away)) {
      const job = bytesOf(element);
      const before = lengthOf(store, requests);
      removeFirst(store, requests, 1, job);
      if (lengthOf(store, requests) === before) {
        return false;
      }
      pushBehind(store, away, [job]);
      store.expire(away, ttl);
    }
    return true;
  }),
];
