import { shown } from './error-text.js';
import { ReqRepError } from './reqrep.error.js';

/**
 * The workers that ran the job were lost and its deliveries are used up, or its stream broke: the job may have been run in part, or
 * even to its end.
 */
export class WorkerLostError extends ReqRepError {
  static {
    this.prototype.name = 'WorkerLostError';
  }

  /** Identifies the class of the error without `instanceof`. */
  readonly code = 'WORKER_LOST';

  constructor(
    /** The queue of the job. */
    readonly queue: string,
    /** The id of the job. */
    readonly id: string,
    /** Number of times that the job was started, or may have been started. */
    readonly deliveries: number,
    /** Number of values of the stream that had arrived. `undefined` for a job that had sent none. */
    readonly values?: number,
  ) {
    super(
      values === undefined
        ? `Job ${shown(id)} of queue "${queue}" was started ${deliveries === 1 ? 'once' : `${deliveries} times`}, but no ` +
            `worker is known to have finished it. It is not started again: look for its data in the dead letters of the queue.`
        : `The stream of job ${shown(id)} of queue "${queue}" broke after ${values} values: its worker was lost or ` +
            `stopped, or gave up because nobody read the values. Send the request again if its values may arrive twice.`,
    );
  }
}
