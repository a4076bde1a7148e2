import { messageOf, propertyOf, stackOf } from '../errors/error-text.js';
import type { ReqRepErrorCode } from '../errors/reqrep.error.js';
import type { CallMessage } from '../telemetry/call-message.js';
import type { JobMessage } from '../telemetry/job-message.js';

/** How a call or a job ended, in the words of the conventions. */
export interface End {
  /** The value of `rpc.status_code`. */
  readonly status: string;
  /** Whether it is an error, so that `error.type` is the status. */
  readonly isError: boolean;
}

export const OK: End = { status: 'OK', isError: false };
const CANCELLED: End = { status: 'CANCELLED', isError: false };
const NOBODY_WAITS: End = { status: 'NOBODY_WAITS', isError: false };
const GIVEN_BACK: End = { status: 'GIVEN_BACK', isError: false };

/** The codes of errors of the library that a caller may get. All other errors are those of a handler. */
const CALLER_CODES: ReadonlySet<unknown> = new Set<ReqRepErrorCode>([
  'REQUEST_TIMEOUT',
  'REMOTE',
  'WORKER_LOST',
  'JOB_REMOVED',
  'NO_WORKERS',
  'QUEUE_FULL',
  'PENDING_LIMIT',
  'PAYLOAD_TOO_LARGE',
  'SERIALIZATION',
  'CLIENT_CLOSED',
  'PUSH_FAILED',
  'INVALID_OPTION',
  'CONNECTION_FAILED',
]);

/** The codes of errors of the library that end a job. A caller gets them as they are; all others arrive as `REMOTE`. */
const WORKER_CODES: ReadonlySet<unknown> = new Set<ReqRepErrorCode>([
  'WORKER_LOST',
  'PAYLOAD_TOO_LARGE',
  'SERIALIZATION',
]);

/** The least HTTP status that is a fault of the server. Below it, an `HttpException` is an answer. */
const LEAST_SERVER_ERROR = 500;

/** @returns how a call ended. Each `HttpException` is an error to its caller, as in the conventions for HTTP. */
export function endOfCall({ outcome, error }: CallMessage): End {
  switch (outcome) {
    case 'reply':
    case 'pushed':
      return OK;
    case 'cancelled':
      return CANCELLED;
    default:
      return { status: statusOf(error, CALLER_CODES), isError: true };
  }
}

/** @returns how a job ended. An `HttpException` below 500 is no error of the worker, as in the conventions for HTTP. */
export function endOfJob({ outcome, error }: JobMessage): End {
  switch (outcome) {
    case 'reply':
      return OK;
    case 'error': {
      const http = httpStatusOf(error);
      return {
        status: statusOf(error, WORKER_CODES),
        isError: http === undefined || http >= LEAST_SERVER_ERROR,
      };
    }
    case 'given back':
      return GIVEN_BACK;
    case 'nobody waits':
      return NOBODY_WAITS;
    default:
      return CANCELLED;
  }
}

/** @returns the HTTP status of an `HttpException`, otherwise the code of an error of the library. */
function statusOf(error: unknown, codes: ReadonlySet<unknown>): string {
  const http = httpStatusOf(error);
  const code = propertyOf(error, 'code');
  return http === undefined ? (codes.has(code) ? String(code) : 'REMOTE') : String(http);
}

/** Recognizes an `HttpException`, also one that came to a caller without Nest. */
function httpStatusOf(error: unknown): number | undefined {
  let status = propertyOf(propertyOf(error, 'remote'), 'status');
  try {
    if (typeof propertyOf(error, 'getResponse') === 'function') {
      status = (error as { getStatus(): unknown }).getStatus();
    }
  } catch {
    // An error of the application that only looks like an `HttpException`.
  }
  return Number.isInteger(status) && (status as number) >= 100 && (status as number) < 1_000
    ? (status as number)
    : undefined;
}

/** The parts of an error that a span records, which are read without running into what its getters throw. */
export function recordable(error: unknown): { name: string; message: string; stack?: string } {
  const name = propertyOf(error, 'name');
  const stack = stackOf(error);
  return {
    name: typeof name === 'string' ? name : typeof error,
    message: messageOf(error),
    ...(stack === undefined ? {} : { stack }),
  };
}
