import {
  JobRemovedError,
  PayloadTooLargeError,
  RemoteError,
  SerializationError,
  WorkerLostError,
  type RemoteFailure,
} from '../../errors/index.js';
import { addReasons } from '../../errors/remote.error.js';
import { isError, messageOf, propertyOf, stackOf } from '../../errors/error-text.js';
import { isRecord } from '../../errors/value-text.js';
import {
  errorsOf,
  parseWireReasons,
  toWireReasons,
  reviveReasons,
  type WireReasons,
} from './wire-reasons.js';

/** An error as it is sent in an `"e"` frame. */
export interface WireError extends RemoteFailure, WireReasons {
  /** The fields of an error whose class is registered. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
}

/** Converts an error that a handler threw; `undefined` leaves it to the default conversion. */
export type DescribeError = (error: unknown) => WireError | undefined;

/** Converts a wire error back into an error for the caller; `undefined` leaves it to the default conversion. */
export type ReviveError = (form: WireError) => Error | undefined;

/** The facts about a request that its errors mention. */
export interface RequestInfo {
  readonly queue: string;
  readonly id: string;
  /** Number of values of its stream that have arrived; `undefined` where it is no stream. */
  readonly received?: number | undefined;
}

/**
 * Converts any thrown value, an `Error` or not, with its reasons. Never throws, whatever the value does when it is read.
 * @param describe - converts errors among the reasons.
 */
export const toWireError = (error: unknown, describe?: DescribeError): WireError =>
  withReasons(toWireErrorWithoutReasons(error), error, describe);

/** Adds the reasons of an error (its `cause` and `errors`) to its wire error. Never throws. */
export function withReasons(form: WireError, error: unknown, describe?: DescribeError): WireError {
  if (!isError(error)) {
    return form;
  }
  const formOf = (reason: unknown): WireError => {
    try {
      const described = describe?.(reason);
      return described ? parseWireError(described) : toWireErrorWithoutReasons(reason);
    } catch {
      return toWireErrorWithoutReasons(reason);
    }
  };
  return { ...form, ...toWireReasons(error, formOf) };
}

/** Converts any thrown value without its reasons. Never throws. */
export function toWireErrorWithoutReasons(error: unknown): WireError {
  if (!isError(error)) {
    return {
      name: (typeof error === 'object' && nameOf(error)) || 'Error',
      message: messageOf(error),
      code: codeOf(error),
      details: jsonCopy(error),
    };
  }
  // The value from which an `RpcException` of Nest was created.
  const inner = rpcErrorOf(error);
  return {
    name: nameOf(error) ?? 'Error',
    message: messageOf(error) || joinedMessages(errorsOf(error)),
    code: codeOf(error) ?? codeOf(inner),
    details: jsonCopy(propertyOf(error, 'details') ?? inner),
    stack: stackOf(error),
  };
}

/** Maximum number of messages that are joined for an `AggregateError` without a message of its own. */
const MAX_JOINED_MESSAGES = 4;

/** Joins messages. Node sets none on the `AggregateError` for a host whose addresses all refuse the connection. */
const joinedMessages = (errors: readonly unknown[]): string =>
  errors.slice(0, MAX_JOINED_MESSAGES).map(messageOf).join('; ');

function rpcErrorOf(error: Error): unknown {
  try {
    const getError = propertyOf(error, 'getError');
    const inner: unknown = typeof getError === 'function' ? getError.call(error) : undefined;
    return typeof inner === 'object' && inner !== null ? inner : undefined;
  } catch {
    return undefined;
  }
}

function nameOf(error: unknown): string | undefined {
  const name = propertyOf(error, 'name');
  return typeof name === 'string' ? name : undefined;
}

function codeOf(error: unknown): string | number | undefined {
  const code = typeof error === 'object' ? propertyOf(error, 'code') : undefined;
  return typeof code === 'string' || typeof code === 'number' ? code : undefined;
}

/** The errors that the library itself sends to callers. */
type SentLibraryError =
  JobRemovedError | PayloadTooLargeError | SerializationError | WorkerLostError;

/**
 * Converts an error that the library itself raises about a job. It names the job, so that the caller can distinguish it from an error
 * that a handler passes on from a request of its own.
 */
export function libraryErrorToWire(error: SentLibraryError, jobId: string | number): WireError {
  const { name, message, code } = error;
  return { name, message, code, details: { ...detailsOf(error), job: jobId } };
}

/** Returns the fields from which the caller's error is recreated. */
function detailsOf(error: SentLibraryError): object {
  if (error instanceof JobRemovedError) {
    return {};
  }
  if (error instanceof PayloadTooLargeError) {
    const { direction, size, maxPayload } = error;
    return { direction, size, maxPayload };
  }
  if (error instanceof SerializationError) {
    const { direction, reason, instead } = error;
    return { direction, reason, instead };
  }
  const { deliveries, values } = error;
  return { deliveries, values };
}

/** Converts a wire error, and its reasons in the same way, into the error that the caller gets. */
export function toCallerError(form: WireError, request: RequestInfo, revive?: ReviveError): Error {
  const own = toLibraryError(form, request);
  if (own) {
    return own;
  }
  const reasons = reviveReasons(form, (each) => toCallerError(each, request, revive));
  const revived = revive?.(form);
  if (revived) {
    addReasons(revived, reasons);
    return revived;
  }
  const { name, message, code, details, status, stack } = form;
  const remote = { name, message, code, details, status, stack };
  return new RemoteError(request.queue, request.id, remote, reasons);
}

function toLibraryError(
  { code, details }: WireError,
  { queue, id, received }: RequestInfo,
): Error | undefined {
  if (!isRecord(details) || details['job'] !== id) {
    return undefined;
  }
  const { size, maxPayload, reason, instead, deliveries, values } = details;
  switch (code) {
    case 'PAYLOAD_TOO_LARGE':
      return new PayloadTooLargeError(queue, 'reply', countOf(size), countOf(maxPayload));
    case 'SERIALIZATION':
      return new SerializationError(queue, 'reply', textOf(reason), {
        instead: typeof instead === 'string' ? instead : undefined,
      });
    case 'JOB_REMOVED':
      return new JobRemovedError(queue, id);
    case 'WORKER_LOST':
      return new WorkerLostError(
        queue,
        id,
        countOf(deliveries),
        // Some of the values that were sent may have been lost.
        values === undefined ? undefined : (received ?? countOf(values)),
      );
    default:
      return undefined;
  }
}

/** Reads a number from foreign data; anything else becomes `NaN`. */
const countOf = (value: unknown): number => (typeof value === 'number' ? value : NaN);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : 'no reason given');

/**
 * Reads the payload of an `"e"` frame. Never throws: an unreadable error is still an error.
 * @param depth - depth of the error in the chain of causes of another one.
 */
export function parseWireError(payload: unknown, depth = 0): WireError {
  if (typeof payload !== 'object' || payload === null) {
    return { name: 'Error', message: String(payload ?? 'the worker gave no reason') };
  }
  const { name, message, code, status, details, fields, stack } = payload as Record<
    string,
    unknown
  >;
  return {
    name: typeof name === 'string' ? name : 'Error',
    message: typeof message === 'string' ? message : 'the worker gave no reason',
    code: typeof code === 'string' || typeof code === 'number' ? code : undefined,
    status: typeof status === 'number' ? status : undefined,
    details,
    fields: isRecord(fields) ? fields : undefined,
    stack: typeof stack === 'string' ? stack : undefined,
    ...parseWireReasons(payload as Record<string, unknown>, depth, parseWireError),
  };
}

/** Copies a value through JSON; `undefined` where JSON cannot write it, since the error must arrive even without its details. */
export function jsonCopy(value: unknown): unknown {
  try {
    const json = JSON.stringify(value);
    return json === undefined ? undefined : JSON.parse(json);
  } catch {
    return undefined;
  }
}
