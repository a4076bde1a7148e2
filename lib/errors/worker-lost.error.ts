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
        ? `Job ${shown(id)} of queue "${queue}" was started ${deliveries === 1 ? 'once' : `${deliveries} times`}, and no ` +
            `worker is known to have finished it. It must not be started again, and lies in the queue's dead list; ` +
            `look there for what it carried.`
        : `The stream of job ${shown(id)} of queue "${queue}" broke after ${values} values: its worker was lost or shut ` +
            `down, or gave it up since nobody read it. Send the request again if its values may come twice.`,
    );
  }
}
