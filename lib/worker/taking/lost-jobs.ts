import { WorkerLostError } from '../../errors/index.js';
import { libraryErrorToWire } from '../../protocol/wire/wire-error.js';
import type { Driver } from '../../driver/driver.js';
import type { Job } from '../../protocol/wire/job-element.js';
import type { Keys } from '../../protocol/keys.js';
import { encodeError } from '../../protocol/wire/reply-frame.js';
import { replyTtl } from '../../protocol/reply-ttl.js';
import type { DeadListMove } from '../../protocol/operations/move-to-dead-list.js';

/** Why a job goes to the dead list, and what its caller is told. */
export type DeadLetter = Pick<DeadListMove, 'reason' | 'message' | 'reply'>;

/** What is done with jobs of one queue that may not be started any more. */
export class LostJobs {
  constructor(
    private readonly queue: string,
    private readonly keys: Keys,
    private readonly clock: Driver['clock'],
  ) {}

  /** @param deliveries - how often it was started. */
  outOfDeliveries(job: Job, deliveries: number): DeadLetter {
    const error = new WorkerLostError(this.queue, String(job.id), deliveries);
    return { reason: 'out of deliveries', message: error.message, reply: this.reply(job, error) };
  }

  /** One that has sent values of a stream: they would come twice. */
  brokenStream(job: Job): DeadLetter {
    // Its caller knows how many values have come.
    const error = new WorkerLostError(this.queue, String(job.id), job.redeliveries + 1, 0);
    const message =
      'The worker was lost after it had sent values of a stream, which must not be sent twice.';
    return { reason: 'broken stream', message, reply: this.reply(job, error) };
  }

  private reply({ id, replyTo, deadline }: Job, error: WorkerLostError): DeadListMove['reply'] {
    return replyTo === undefined
      ? undefined
      : {
          list: this.keys.replies(replyTo),
          text: encodeError(id, libraryErrorToWire(error, id)),
          ttl: replyTtl(this.clock.now(), deadline),
        };
  }
}

/** How often a job may be started: as its caller says, else as its handler does. */
export const maxDeliveriesOf = (job: Job, { maxDeliveries }: { maxDeliveries: number }): number =>
  job.maxDeliveries ?? maxDeliveries;
