import type { Keys } from '../../protocol/keys.js';
import { pushGuardedJob, type PushResult } from '../../protocol/operations/push-guarded-job.js';
import { pushJobs } from '../../protocol/operations/push-jobs.js';
import type { Run } from '../../driver/operation.js';
import type { OutgoingJob } from './outgoing-job.js';

/** Size of one `RPUSH` at most, UTF-16 units, so that one command does not block Redis for long. */
const MAX_COMMAND_CHARS = 256 * 1024;

/** Jobs that one command pushes. */
export interface Batch {
  readonly jobs: OutgoingJob[];
  readonly elements: string[];
  /** UTF-16 units of the jobs. */
  length: number;
  /** The index of the batch in `UnderwayPushes`. */
  index: number;
}

/**
 * Groups jobs by queue. A batch that would be too long is split, and a job with a guard gets its own.
 * @param now - ms, Redis clock.
 */
export function batchesOf(jobs: Iterable<OutgoingJob>, now: number): Batch[] {
  const batches: Batch[] = [];
  const open = new Map<string, Batch>();
  for (const job of jobs) {
    let batch = open.get(job.queue);
    if (!batch || job.guard || batch.length + job.length > MAX_COMMAND_CHARS) {
      batch = { jobs: [], elements: [], length: 0, index: 0 };
      batches.push(batch);
      if (job.guard) {
        // Later jobs start a new batch, so that the order is kept.
        open.delete(job.queue);
      } else {
        open.set(job.queue, batch);
      }
    }
    batch.jobs.push(job);
    batch.elements.push(job.element(now));
    batch.length += job.length;
  }
  return batches;
}

/** Pushes a batch. Is no async function, which would cost each batch an object more to collect. */
export function pushBatch({ jobs, elements }: Batch, keys: Keys, run: Run): Promise<PushResult> {
  const [{ queue, guard }] = jobs as [OutgoingJob];
  const queueKeys = keys.queue(queue);
  const { requests } = queueKeys;
  if (guard) {
    const [element] = elements as [string];
    return run(pushGuardedJob, { requests, workers: queueKeys.workers, element, ...guard });
  }
  return run(pushJobs, { requests, elements });
}
