import { NoWorkersError, PushFailedError, QueueFullError } from '../../errors/index.js';
import type { WorkersHere } from '../../errors/served-here.js';
import type { PushResult } from '../../protocol/operations/push-guarded-job.js';
import { explainRefusal, withoutCommand } from '../../driver/refusal.js';
import type { OutgoingJob } from './outgoing-job.js';

/** Whether Redis accepted a batch. */
export const wasPushed = (answer: PromiseSettledResult<PushResult>): boolean =>
  answer.status === 'fulfilled' && answer.value.outcome === 'pushed';

/**
 * Notifies the jobs of a batch of the answer.
 * @param workersHere - returns what this process knows of its own workers.
 */
export function deliverPushResult(
  jobs: readonly OutgoingJob[],
  result: PushResult,
  workersHere: (queue: string) => WorkersHere | undefined,
): void {
  const [job] = jobs as [OutgoingJob];
  switch (result.outcome) {
    case 'pushed': {
      const firstLength = result.queueLength - jobs.length + 1;
      jobs.forEach((each, index) => each.pushed(firstLength + index));
      break;
    }
    case 'no workers':
      job.fail(new NoWorkersError(job.queue, workersHere(job.queue)));
      break;
    case 'full': {
      const { maxQueueLength = 0 } = job.guard ?? {};
      job.fail(new QueueFullError(job.queue, maxQueueLength, result.queueLength));
      break;
    }
  }
}

/** Fails jobs that Redis refused permanently. */
export function failRefusedJobs(jobs: readonly OutgoingJob[], error: Error): void {
  for (const job of jobs) {
    job.fail(
      new PushFailedError(job.queue, explainRefusal(error), { cause: withoutCommand(error) }),
    );
  }
}
