import { shown } from './error-text.js';
import { ReqRepError } from './reqrep.error.js';

/** The workers that ran the job were lost and its deliveries are used up, or its stream broke half way. */
export class WorkerLostError extends ReqRepError {
  static {
    this.prototype.name = 'WorkerLostError';
  }

  readonly code = 'WORKER_LOST';

  constructor(
    readonly queue: string,
    readonly id: string,
    /** How often the job was started, or may have been. */
    readonly deliveries: number,
    /** How many values of its stream had come; `undefined` for a job that was given up before it sent any. */
    readonly values?: number,
  ) {
    super(
      values === undefined
        ? `Job ${shown(id)} of queue "${queue}" was started ${deliveries === 1 ? 'once' : `${deliveries} times`}, but no ` +
            `worker is known to have finished it. It is not started again: look for its data in the dead list of the queue.`
        : `The stream of job ${shown(id)} of queue "${queue}" broke after ${values} values: its worker was lost or ` +
            `stopped, or gave up because nobody read the values. Send the request again if its values may arrive twice.`,
    );
  }
}
