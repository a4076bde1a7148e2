import { ReqRepError } from './reqrep.error.js';
import { adviceWithoutWorkers, type WorkersHere } from './served-here.js';

/** The call has `requireWorker: true`, and no live worker serves the queue. The job was not pushed. */
export class NoWorkersError extends ReqRepError {
  static {
    this.prototype.name = 'NoWorkersError';
  }

  /** Identifies the class of the error without `instanceof`. */
  readonly code = 'NO_WORKERS';

  /** The queue that no live worker serves. */
  readonly queue: string;

  constructor(queue: string);
  /**
   * @param here - the state of the calling process as a worker of the queue, for the advice.
   * @internal
   */
  constructor(queue: string, here: WorkersHere | undefined);
  constructor(queue: string, here?: WorkersHere) {
    super(
      `No live worker serves queue "${queue}". ${adviceWithoutWorkers(queue, here)} ` +
        `Without \`requireWorker\`, the request waits for one.`,
    );
    this.queue = queue;
  }
}
