import {
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

/** An error as it travels in an `"e"` frame. */
export interface WireError extends RemoteFailure, WireReasons {
  /** The fields of an error whose class is registered. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
}

/** Turns an error that a handler threw into its form; `undefined` leaves it to the next. */
export type DescribeError = (error: unknown) => WireError | undefined;

/** Turns a form back into an error for the caller; `undefined` leaves it to the next. */
export type ReviveError = (form: WireError) => Error | undefined;

/** What of a request its errors speak of. */
export interface RequestInfo {
  readonly queue: string;
  readonly id: string;
  /** How many values of its stream have come; `undefined` where it is none. */
  readonly received?: number | undefined;
}

/**
 * The form of anything that a handler may throw, an `Error` or not, with what led to it. Never throws, however odd that is.
 * @param describe - gives errors among the reasons a form of their own.
 */
export const toWireError = (error: unknown, describe?: DescribeError): WireError =>
  withReasons(toWireErrorWithoutReasons(error), error, describe);

/** Adds what led to an error to its form. Never throws. */
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

/** The form of anything that was thrown, without what led to it. Never throws. */
export function toWireErrorWithoutReasons(error: unknown): WireError {
  if (!isError(error)) {
    return {
      name: (typeof error === 'object' && nameOf(error)) || 'Error',
      message: messageOf(error),
      code: codeOf(error),
      details: jsonCopy(error),
    };
  }
  // What an `RpcException` of Nest was made of.
  const inner = rpcErrorOf(error);
  return {
    name: nameOf(error) ?? 'Error',
    message: messageOf(error) || joinedMessages(errorsOf(error)),
    code: codeOf(error) ?? codeOf(inner),
    details: jsonCopy(propertyOf(error, 'details') ?? inner),
    stack: stackOf(error),
  };
}

/** Errors of an `AggregateError` whose messages stand in for its own, where it has none. */
const MAX_JOINED_MESSAGES = 4;

/** Node gives none to the error of a name whose addresses all refuse a connection. */
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

/**
 * The form of an error that the library itself raises about a job. It names the job, so that the caller can tell
 * it from one that a handler passed on from a request of its own.
 */
export function libraryErrorToWire(
  error: PayloadTooLargeError | SerializationError | WorkerLostError,
  jobId: string | number,
): WireError {
  const { name, message, code } = error;
  return { name, message, code, details: { ...detailsOf(error), job: jobId } };
}

/** What the caller's error is made of anew. */
function detailsOf(error: PayloadTooLargeError | SerializationError | WorkerLostError): object {
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

/** The error that a caller gets for a form. What led to it is made anew in the same way. */
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
    case 'WORKER_LOST':
      return new WorkerLostError(
        queue,
        id,
        countOf(deliveries),
        // Of those that were sent, some may have been lost on the way.
        values === undefined ? undefined : (received ?? countOf(values)),
      );
    default:
      return undefined;
  }
}

/** A number that came from outside: what is none becomes `NaN`. */
const countOf = (value: unknown): number => (typeof value === 'number' ? value : NaN);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : 'no reason given');

/**
 * Reads the payload of an `"e"` frame, however odd: an error that cannot be read is still an error.
 * @param depth - how many errors it has led to.
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

/** A value that JSON cannot write is left out: the error must arrive, its details may not. */
export function jsonCopy(value: unknown): unknown {
  try {
    const json = JSON.stringify(value);
    return json === undefined ? undefined : JSON.parse(json);
  } catch {
    return undefined;
  }
}
