import { shown } from './error-text.js';
import { ReqRepError } from './reqrep.error.js';

/** Somebody has removed the job from its queue, by `QueueAdmin.remove` or `QueueAdmin.purge`, before a worker took it. */
export class JobRemovedError extends ReqRepError {
  static {
    this.prototype.name = 'JobRemovedError';
  }

  /** Identifies the class of the error without `instanceof`. */
  readonly code = 'JOB_REMOVED';

  constructor(
    /** The queue of the job. */
    readonly queue: string,
    /** The id of the job. */
    readonly id: string,
  ) {
    super(
      `Job ${shown(id)} was removed from queue "${queue}" before a worker took it, by QueueAdmin. Send the request again if it is ` +
        `still wanted.`,
    );
  }
}
