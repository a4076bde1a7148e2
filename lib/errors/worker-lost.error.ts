import { ReqRepError } from './reqrep.error.js';

/** The workers that ran the job died and its deliveries are used up, or its stream broke half way. */
export class WorkerLostError extends ReqRepError {
  static {
    this.prototype.name = 'WorkerLostError';
  }

  readonly code = 'WORKER_LOST';

  constructor(
    readonly queue: string,
    readonly id: string,
    /** How often the job was started. */
    readonly deliveries: number,
  ) {
    super(
      `Job ${id} of queue "${queue}" was started ${deliveries} times and lost its worker each time. ` +
        `It lies in the queue's dead list; look there for what it carried.`,
    );
  }
}
