import { measureList } from '../../protocol/operations/measure-list.js';
import { STREAM_MARK } from '../../protocol/wire/job-element.js';
import { pushGuardedJob, type PushResult } from '../../protocol/operations/push-guarded-job.js';
import { pushJobs } from '../../protocol/operations/push-jobs.js';
import { pushValues } from '../../protocol/operations/push-values.js';
import { bytesOf } from '../bytes.js';
import { lengthOf, pushBehind, setAt } from '../lists.js';
import { entry, type Entry } from './carry-out.js';
import { liveWorkers } from './leases.js';
import { jobAt } from './places.js';
import { keepAlive, sizeOf } from './replies.js';

export const PUSHING: readonly Entry[] = [
  entry(pushJobs, ({ store }, { requests, elements }): PushResult => ({
    outcome: 'pushed',
    queueLength: pushBehind(store, requests, elements.map(bytesOf)),
  })),

  entry(pushGuardedJob, ({ store }, input): PushResult => {
    const { requests, workers, maxQueueLength = -1, requireWorker, element } = input;
    if (requireWorker && liveWorkers(store, workers) === 0) {
      return { outcome: 'no workers' };
    }
    const queueLength = lengthOf(store, requests);
    return maxQueueLength >= 0 && queueLength >= maxQueueLength
      ? { outcome: 'full', queueLength }
      : { outcome: 'pushed', queueLength: pushBehind(store, requests, [bytesOf(element)]) };
  }),

  entry(pushValues, ({ store }, { place, list, ttl, frames }) => {
    const job = jobAt(store, place);
    if (!job) {
      return undefined;
    }
    if (!job.endsWith(STREAM_MARK)) {
      setAt(store, place.key, place.position, job + STREAM_MARK);
    }
    pushBehind(store, list, frames.map(bytesOf));
    keepAlive(store, list, ttl);
    return sizeOf(store, list);
  }),

  entry(measureList, ({ store }, { list }) => sizeOf(store, list)),
];
