import { counted } from './counted.js';
import { ReqRepError } from './reqrep.error.js';
import { adviceWithoutWorkers, obstacleHere, type WorkersHere } from './served-here.js';

/** The details of a {@link RequestTimeoutError}. */
export interface RequestTimeoutDetails {
  /** The queue of the request. */
  readonly queue: string;
  /** The id of the job. */
  readonly id: string;
  /** The time that the caller waited, in ms. */
  readonly timeout: number;
  /** Number of live workers that served the queue when the request timed out. `undefined` where Redis did not answer. */
  readonly workers?: number | undefined;
  /** Number of jobs that waited in the queue when the request timed out. `undefined` where Redis did not answer. */
  readonly queueLength?: number | undefined;
  /** Which limit was reached. @default 'timeout' */
  readonly limit?: TimeLimit | undefined;
  /** The error with which Redis refused to push the job until the request timed out. `undefined` where it refused nothing. */
  readonly refusal?: string | undefined;
  /** The reason why Redis could not be used when the time ran out; it becomes the `cause`. @internal */
  readonly trouble?: Error | undefined;
  /** The refusal of Redis that keeps replies from being read; `undefined` where Redis refuses nothing. @internal */
  readonly replyRefusal?: string | undefined;
  /** The reason why Redis refused to report the state of the queue; `undefined` where it refused nothing, or gave no answer. @internal */
  readonly inspectionRefusal?: string | undefined;
  /** Whether the job is that of an `emit`, which has no reply. @internal */
  readonly isEmit?: boolean | undefined;
  /** The state of the caller's own process as a worker of the queue. @internal */
  readonly here?: WorkersHere | undefined;
}

/**
 * A limit of the time of a request:
 *
 * - `timeout`: the time until its end
 * - `idleTimeout`: the time until its first value, and from one value of a stream to the next
 * - `inherited`: what was left of the deadline of the job whose handler sent the request
 */
export type TimeLimit = 'timeout' | 'idleTimeout' | 'inherited';

/**
 * A request did not end within its `timeout`, or had no value within its `idleTimeout`; or an emit was not confirmed within its `timeout`.
 *
 * The job is not started any more, and a run of it is aborted. `workers` and `queueLength` show whether a worker is missing or busy. Where
 * Redis could not be used, `cause` is an error that says why, with a `code` such as `ECONNREFUSED`.
 */
export class RequestTimeoutError extends ReqRepError {
  static {
    this.prototype.name = 'RequestTimeoutError';
  }

  /** Identifies the class of the error without `instanceof`. */
  readonly code = 'REQUEST_TIMEOUT';
  /** The queue of the request. */
  readonly queue: string;
  /** The id of the job. */
  readonly id: string;
  /** The time that the caller waited, in ms. */
  readonly timeout: number;
  /** Number of live workers that served the queue when the request timed out. `undefined` where Redis did not answer. */
  readonly workers: number | undefined;
  /** Number of jobs that waited in the queue when the request timed out. `undefined` where Redis did not answer. */
  readonly queueLength: number | undefined;
  /** Which limit was reached. */
  readonly limit: TimeLimit;
  /** The error with which Redis refused to push the job until the request timed out. `undefined` where it refused nothing. */
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
  const waiting = `${counted(queueLength, 'job')} ${queueLength === 1 ? 'waits' : 'wait'}`;
  if (workers === 0) {
    return `no live worker serves the queue and ${waiting}. ${adviceWithoutWorkers(queue, here)}`;
  }
  const serve = `${counted(workers, 'live worker')} ${workers === 1 ? 'serves' : 'serve'}`;
  const obstacle = queueLength > 0 ? obstacleHere(queue, here) : undefined;
  if (obstacle !== undefined) {
    return `${serve} the queue and ${waiting}. ${obstacle}`;
  }
  return queueLength === 0
    ? `${serve} the queue and ${waiting}, so the job still runs, or was lost with the data of Redis. Raise the timeout if the job needs longer.`
    : `${serve} the queue and ${waiting}. Raise the timeout, add workers or concurrency, or resume the queue if it is paused.`;
}
