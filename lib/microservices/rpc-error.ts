import type { RpcException } from '@nestjs/microservices';
import { describeHttpException } from '../core/describe-http-exception.js';
import { isError, messageOf, propertyOf } from '../errors/error-text.js';
import { isRecord } from '../errors/value-text.js';
import { reviveHttpException } from '../nest/pipeline/revive-http-exception.js';
import { jsonCopy, type WireError } from '../protocol/wire/wire-error.js';

/** The name of the error on the wire: callers without `ReqRepClient` get a `RemoteError` with it. */
const NAME = 'RpcException';

/** What an exception filter of Nest made of an error: an object or a text, which no Error is. */
export class RpcError extends Error {
  static {
    this.prototype.name = NAME;
  }

  constructor(
    /** What the caller is to get in place of the error. */
    readonly answer: unknown,
  ) {
    super(messageOf(answer));
  }
}

/** @returns what a handler of Nest ended with as an error: an `RpcException` becomes what Nest's own filter makes of it. */
export function toError(thrown: unknown): Error {
  if (isRpcException(thrown)) {
    return new RpcError(answerTo(thrown));
  }
  return isError(thrown) ? thrown : new RpcError(thrown);
}

/** Describes errors that callers are meant to get. */
export function describeError(error: unknown): WireError | undefined {
  if (!(error instanceof RpcError)) {
    return describeHttpException(error);
  }
  const { answer, message } = error;
  const code = propertyOf(answer, 'code');
  return {
    name: NAME,
    message,
    code: typeof code === 'string' || typeof code === 'number' ? code : undefined,
    details: jsonCopy(answer),
  };
}

/** @returns the error that a `ReqRepClient` gets of a handler; `undefined` leaves it to the library. */
export function reviveError(form: WireError): Error | undefined {
  const { name, details, message } = form;
  return name === NAME ? new RpcError(details ?? answerOf(message)) : reviveHttpException(form);
}

/** @returns what a subscriber of Nest's `ClientProxy` gets: what the filter made of an error, and of other errors the error. */
export const errorForCaller = (error: unknown): unknown =>
  error instanceof RpcError ? error.answer || error : error;

/** Recognizes an `RpcException` of any copy of Nest. */
export const isRpcException = (error: unknown): error is RpcException =>
  isError(error) && typeof propertyOf(error, 'getError') === 'function';

/** @returns what Nest's own filter makes of an exception. */
export const answerTo = (exception: RpcException): unknown => answerOf(exception.getError());

/** As `BaseRpcExceptionFilter` of Nest answers: an object as it is, a text with a status. */
const answerOf = (error: unknown): unknown =>
  isRecord(error) || Array.isArray(error) ? error : { status: 'error', message: error };
