import { ReqRepError } from './reqrep.error.js';

export interface RequestTimeoutDetails {
  /** The queue the request was sent to. */
  readonly queue: string;
  /** The id of the job. */
  readonly id: string;
  /** How long the caller waited, ms. */
  readonly timeout: number;
  /** Workers alive on the queue when the time ran out; `undefined` when Redis could not be asked. */
  readonly workers?: number | undefined;
  /** Jobs waiting in the queue when the time ran out; `undefined` when Redis could not be asked. */
  readonly queueLength?: number | undefined;
}

/**
 * No end came within the request's `timeout`. The job will not be started any more; one that already runs
 * may still finish, unheard. `workers` and `queueLength` tell a missing worker from a busy one.
 */
export class RequestTimeoutError extends ReqRepError implements RequestTimeoutDetails {
  static {
    this.prototype.name = 'RequestTimeoutError';
  }

  readonly code = 'REQUEST_TIMEOUT';
  readonly queue: string;
  readonly id: string;
  readonly timeout: number;
  readonly workers: number | undefined;
  readonly queueLength: number | undefined;

  constructor(details: RequestTimeoutDetails) {
    super(
      `No reply from queue "${details.queue}" within ${details.timeout} ms (job ${details.id}): ${reason(details)}`,
    );
    this.queue = details.queue;
    this.id = details.id;
    this.timeout = details.timeout;
    this.workers = details.workers;
    this.queueLength = details.queueLength;
  }
}

function reason({ queue, workers, queueLength }: RequestTimeoutDetails): string {
  if (workers === undefined || queueLength === undefined) {
    return 'Redis could not be asked about the queue. Check the connection.';
  }
  if (workers === 0) {
    return `no live worker serves it and ${queueLength} jobs wait. Start a process with @OnJob('${queue}').`;
  }
  return `${workers} live workers serve it and ${queueLength} jobs wait. Give it more time, workers or concurrency.`;
}
