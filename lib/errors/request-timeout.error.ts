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
  /**
   * Which limit was reached: the request's `timeout`, its `idleTimeout`, or what was left of the deadline of the job
   * whose handler sent it.
   */
  readonly limit?: TimeLimit | undefined;
  /** What Redis refused the job with until the time ran out, in its own words; `undefined` where it refused nothing. */
  readonly refusal?: string | undefined;
  /** Why Redis could not be used when the time ran out; it becomes the `cause`. */
  readonly trouble?: Error | undefined;
}

/** What can end a request for want of time. */
export type TimeLimit = 'timeout' | 'idleTimeout' | 'inherited';

/**
 * No end came within the request's `timeout`, or no frame within its `idleTimeout`. The job will not be started any
 * more, and one that runs is cancelled. `workers` and `queueLength` tell a missing worker from a busy one. Where Redis could
 * not be used, `cause` is an error that says why; its `code` is such as `ECONNREFUSED`.
 */
export class RequestTimeoutError
  extends ReqRepError
  implements Omit<RequestTimeoutDetails, 'trouble'>
{
  static {
    this.prototype.name = 'RequestTimeoutError';
  }

  readonly code = 'REQUEST_TIMEOUT';
  readonly queue: string;
  readonly id: string;
  readonly timeout: number;
  readonly workers: number | undefined;
  readonly queueLength: number | undefined;
  readonly limit: TimeLimit;
  readonly refusal: string | undefined;

  constructor(details: RequestTimeoutDetails) {
    const { trouble } = details;
    super(
      `${what(details)} (job ${details.id}): ${reason(details)}`,
      trouble && { cause: trouble },
    );
    this.queue = details.queue;
    this.id = details.id;
    this.timeout = details.timeout;
    this.workers = details.workers;
    this.queueLength = details.queueLength;
    this.limit = details.limit ?? 'timeout';
    this.refusal = details.refusal;
  }
}

function what({ queue, timeout, limit }: RequestTimeoutDetails): string {
  switch (limit) {
    case 'idleTimeout':
      return `Queue "${queue}" was silent for ${timeout} ms`;
    case 'inherited':
      return `No end from queue "${queue}" within the ${timeout} ms that were left to the job that asked`;
    default:
      return `No end from queue "${queue}" within ${timeout} ms`;
  }
}

function reason({
  queue,
  timeout,
  workers,
  queueLength,
  limit,
  refusal,
  trouble,
}: RequestTimeoutDetails): string {
  if (refusal !== undefined) {
    return `it was not sent, since Redis refuses jobs (${refusal}). Mend what keeps Redis from taking them.`;
  }
  if (limit === 'inherited' && timeout === 0) {
    return 'it was not sent. Ask sooner, or give the outer request more time.';
  }
  if (trouble) {
    return `${trouble.message}.`;
  }
  if (workers === undefined || queueLength === undefined) {
    return 'Redis could not be asked about the queue. Check the connection.';
  }
  const waiting = queueLength === 1 ? '1 job waits' : `${queueLength} jobs wait`;
  if (workers === 0) {
    return `no live worker serves it and ${waiting}. Start a process with @OnJob('${queue}').`;
  }
  const serve = workers === 1 ? '1 live worker serves' : `${workers} live workers serve`;
  return queueLength === 0
    ? `${serve} it and ${waiting}, so that it is being run, or was lost with the data of Redis. Give it more time.`
    : `${serve} it and ${waiting}. Give it more time, workers or concurrency, unless the queue is paused.`;
}
