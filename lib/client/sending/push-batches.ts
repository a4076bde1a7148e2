import type { Keys } from '../../protocol/keys.js';
import { pushToList } from '../../protocol/operations/lists.js';
import {
  pushGuardedJob,
  type GuardedPushResult,
} from '../../protocol/operations/push-guarded-job.js';
import type { Run } from '../../driver/operation.js';
import type { OutgoingJob } from './outgoing-job.js';

/** Length past which one `RPUSH` is cut in two, UTF-16 units: Redis should not be held up by one command. */
const MAX_COMMAND_CHARS = 256 * 1024;

/** Jobs that leave as one command. */
export interface Batch {
  readonly jobs: OutgoingJob[];
  readonly elements: string[];
  /** UTF-16 units of the jobs. */
  length: number;
  /** Its index among those that are underway. */
  index: number;
}

/** @param now - ms, Redis clock. @returns one batch for each queue, more where one would be long; a guarded job has its own. */
export function batchesOf(jobs: Iterable<OutgoingJob>, now: number): Batch[] {
  const batches: Batch[] = [];
  const open = new Map<string, Batch>();
  for (const job of jobs) {
    let batch = open.get(job.queue);
    if (!batch || job.guard || batch.length + job.length > MAX_COMMAND_CHARS) {
      batch = { jobs: [], elements: [], length: 0, index: 0 };
      batches.push(batch);
      if (job.guard) {
        // Jobs behind it start a batch of their own, so that the order is kept.
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

export async function pushBatch(
  { jobs, elements }: Batch,
  keys: Keys,
  run: Run,
): Promise<GuardedPushResult> {
  const [{ queue, guard }] = jobs as [OutgoingJob];
  const { requests, workers } = keys.queue(queue);
  if (guard) {
    const [element] = elements as [string];
    return run(pushGuardedJob, { requests, workers, element, ...guard });
  }
  const queueLength = await run(pushToList, { list: requests, elements });
  return { outcome: 'pushed', queueLength };
}
