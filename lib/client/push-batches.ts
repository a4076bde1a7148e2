import type { Keys } from '../protocol/keys.js';
import { pushGuardedJob, type GuardedPushResult } from '../protocol/scripts/push-guarded-job.js';
import { argumentOf } from '../redis/argument.js';
import type { Redis } from '../redis/connection-source.js';
import type { Connection } from '../redis/connection.js';
import type { OutgoingJob } from './outgoing-job.js';

/** Length past which one `RPUSH` is cut in two, UTF-16 units: Redis should not be held up by one command. */
const COMMAND_LENGTH = 256 * 1024;

/** Jobs that leave as one command. */
export interface Batch {
  readonly jobs: OutgoingJob[];
  readonly elements: string[];
  length: number;
}

/** @param now - ms, Redis clock. @returns one batch for each queue, more where one would be long; a guarded job has its own. */
export function batchesOf(jobs: Iterable<OutgoingJob>, now: number): Batch[] {
  const batches: Batch[] = [];
  const open = new Map<string, Batch>();
  for (const job of jobs) {
    const element = job.element(now);
    let batch = open.get(job.queue);
    if (!batch || job.guard || batch.length + element.length > COMMAND_LENGTH) {
      batch = { jobs: [], elements: [], length: 0 };
      batches.push(batch);
      if (job.guard) {
        // Jobs behind it start a batch of their own, so that the order is kept.
        open.delete(job.queue);
      } else {
        open.set(job.queue, batch);
      }
    }
    batch.jobs.push(job);
    batch.elements.push(element);
    batch.length += element.length;
  }
  return batches;
}

/** @param run - runs a script in the same write. */
export async function pushBatch(
  { jobs, elements }: Batch,
  keys: Keys,
  redis: Redis,
  run: Connection['run'],
): Promise<GuardedPushResult> {
  const [{ queue, guard }] = jobs as [OutgoingJob];
  const { requests, workers } = keys.queue(queue);
  if (guard) {
    const [element] = elements as [string];
    return run(pushGuardedJob, { requests, workers, element, ...guard });
  }
  const queueLength = await redis.rpush(requests, ...elements.map(argumentOf));
  return { outcome: 'pushed', queueLength };
}
