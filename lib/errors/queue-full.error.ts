import { ReqRepError } from './reqrep.error.js';

/** The queue was as long as the call's `maxQueueLength` allows. The job was not pushed. */
export class QueueFullError extends ReqRepError {
  static {
    this.prototype.name = 'QueueFullError';
  }

  readonly code = 'QUEUE_FULL';

  constructor(
    readonly queue: string,
    /** The call's limit, jobs. */
    readonly maxQueueLength: number,
    /** How many jobs waited. */
    readonly queueLength: number,
  ) {
    super(
      `Queue "${queue}" already holds ${queueLength === 1 ? '1 job' : `${queueLength} jobs`}, and the \`maxQueueLength\` of ` +
        `this call is ${maxQueueLength}. Try again later, add workers, or raise \`maxQueueLength\`.`,
    );
  }
}
