import { counted } from './counted.js';
import { ReqRepError } from './reqrep.error.js';

/** The queue has as many waiting jobs as `maxQueueLength` of the call allows. The job was not pushed. */
export class QueueFullError extends ReqRepError {
  static {
    this.prototype.name = 'QueueFullError';
  }

  /** Identifies the class of the error without `instanceof`. */
  readonly code = 'QUEUE_FULL';

  constructor(
    /** The queue. */
    readonly queue: string,
    /** The limit of the call, in jobs. */
    readonly maxQueueLength: number,
    /** Number of jobs that waited in the queue. */
    readonly queueLength: number,
  ) {
    super(
      `Queue "${queue}" already holds ${counted(queueLength, 'job')}, and the \`maxQueueLength\` of ` +
        `this call is ${maxQueueLength}. Try again later, add workers, or raise \`maxQueueLength\`.`,
    );
  }
}
