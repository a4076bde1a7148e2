import { ReqRepError } from './reqrep.error.js';
import { adviceWithoutWorkers, obstacleHere, type WorkersHere } from './served-here.js';

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
  /** Why Redis could not be used when the time ran out; it becomes the `cause`. @internal */
  readonly trouble?: Error | undefined;
  /** What Redis refuses to the reader of replies, so that none can come; `undefined` where it refuses nothing. @internal */
  readonly replyRefusal?: string | undefined;
  /** Why Redis refused to tell of the queue; `undefined` where it told, or gave no answer. @internal */
  readonly inspectionRefusal?: string | undefined;
  /** Whether it is the job of an `emit`, which has no reply. @internal */
  readonly isEmit?: boolean | undefined;
  /** What the process that asks knows of its own workers on the queue. @internal */
  readonly here?: WorkersHere | undefined;
}

/** What can end a request for want of time. */
export type TimeLimit = 'timeout' | 'idleTimeout' | 'inherited';

/**
 * No end came within the request's `timeout`, or no frame within its `idleTimeout`. The job will not be started any
 * more, and one that runs is cancelled. `workers` and `queueLength` tell a missing worker from a busy one. Where Redis could
 * not be used, `cause` is an error that says why; its `code` is such as `ECONNREFUSED`.
 */
export class RequestTimeoutError extends ReqRepError {
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

  constructor(details: RequestTimeoutDetails, options?: ErrorOptions) {
    const { trouble } = details;
    super(
      `${headline(details)} (job ${details.id}): ${explanation(details)}`,
      trouble ? { cause: trouble } : options,
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

function headline({ queue, timeout, limit, isEmit }: RequestTimeoutDetails): string {
  if (isEmit) {
    return `Job for queue "${queue}" was not pushed within ${timeout} ms`;
  }
  switch (limit) {
    case 'idleTimeout':
      return `Request to queue "${queue}" timed out after ${timeout} ms without a value or reply`;
    case 'inherited':
      return `Request to queue "${queue}" timed out after ${timeout} ms, at the deadline of the job that sent it`;
    default:
      return `Request to queue "${queue}" timed out after ${timeout} ms`;
  }
}

function explanation(details: RequestTimeoutDetails): string {
  const { queue, timeout, workers, queueLength, limit, refusal, here, trouble } = details;
  if (refusal !== undefined) {
    return `it was not sent, because Redis refuses the job (${refusal}). Fix that, then send it again.`;
  }
  if (limit === 'inherited' && timeout === 0) {
    return 'it was not sent, because no time was left. Send it earlier, or raise the timeout of the outer request.';
  }
  if (trouble) {
    return `${trouble.message}.`;
  }
  if (details.replyRefusal !== undefined) {
    return `its reply cannot be read. ${details.replyRefusal}.`;
  }
  if (details.isEmit) {
    return 'Redis did not confirm the push. Check the connection.';
  }
  if (workers === undefined || queueLength === undefined) {
    return details.inspectionRefusal === undefined
      ? 'the state of the queue is unknown, because Redis does not answer. Check the connection.'
      : `the state of the queue cannot be read. ${details.inspectionRefusal}.`;
  }
  const waiting = queueLength === 1 ? '1 job waits' : `${queueLength} jobs wait`;
  if (workers === 0) {
    return `no live worker serves the queue and ${waiting}. ${adviceWithoutWorkers(queue, here)}`;
  }
  const serve = workers === 1 ? '1 live worker serves' : `${workers} live workers serve`;
  const obstacle = queueLength > 0 ? obstacleHere(queue, here) : undefined;
  if (obstacle !== undefined) {
    return `${serve} the queue and ${waiting}. ${obstacle}`;
  }
  return queueLength === 0
    ? `${serve} the queue and ${waiting}, so the job still runs, or was lost with the data of Redis. Raise the timeout if the job needs longer.`
    : `${serve} the queue and ${waiting}. Raise the timeout, add workers or concurrency, or resume the queue if it is paused.`;
}
