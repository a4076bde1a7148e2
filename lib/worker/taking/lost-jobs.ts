import { WorkerLostError } from '../../errors/index.js';
import { libraryErrorToWire } from '../../protocol/wire/wire-error.js';
import type { Driver } from '../../driver/driver.js';
import type { Job } from '../../protocol/wire/job-element.js';
import type { Keys } from '../../protocol/keys.js';
import { encodeError } from '../../protocol/wire/reply-frame.js';
import { replyTtl } from '../../protocol/reply-ttl.js';
import type { DeadJobReply } from '../../protocol/operations/move-to-dead-letters.js';
import type { Death } from '../../protocol/wire/dead-letter.js';

/** The reason why a job is moved to the dead letters, and the reply to its caller. */
export interface DeathWithReply extends Death {
  readonly reply?: DeadJobReply | undefined;
}

/** Describes the deaths of jobs whose worker was lost, with an error as the reply. */
export class LostJobs {
  constructor(
    private readonly queue: string,
    private readonly keys: Keys,
    private readonly clock: Driver['clock'],
  ) {}

  /** @returns the death of a job that may not be started again. @param deliveries - how often it was started. */
  outOfDeliveries(job: Job, deliveries: number): DeathWithReply {
    const error = new WorkerLostError(this.queue, String(job.id), deliveries);
    return {
      reason: 'out of deliveries',
      message: error.message,
      attempts: deliveries,
      reply: this.reply(job, error),
    };
  }

  /** @returns the death of a job that has sent values of a stream, which would arrive twice if it ran again. */
  brokenStream(job: Job): DeathWithReply {
    // The caller knows how many values have arrived.
    const attempts = job.redeliveries + 1;
    const error = new WorkerLostError(this.queue, String(job.id), attempts, 0);
    const message =
      'The worker was lost after it had sent values of a stream, which must not be sent twice.';
    return { reason: 'broken stream', message, attempts, reply: this.reply(job, error) };
  }

  private reply({ id, replyTo, deadline }: Job, error: WorkerLostError): DeadJobReply | undefined {
    return replyTo === undefined
      ? undefined
      : {
          list: this.keys.replies(replyTo),
          text: encodeError(id, libraryErrorToWire(error, id)),
          ttl: replyTtl(this.clock.now(), deadline),
        };
  }
}

/** @returns how often a job may be started: the number of the caller, or else of the handler. */
export const maxDeliveriesOf = (job: Job, { maxDeliveries }: { maxDeliveries: number }): number =>
  job.maxDeliveries ?? maxDeliveries;
