import { isError, propertyOf } from '../errors/error-text.js';
import {
  jsonCopy,
  toWireErrorWithoutReasons,
  type WireError,
} from '../protocol/wire/wire-error.js';

/** An error with the methods of an `HttpException`, from any copy of Nest or from elsewhere. */
interface HttpError extends Error {
  getStatus(): number;
  getResponse(): unknown;
}

/**
 * Recognizes an HTTP answer by both methods. A number in `status` is not enough: the error of an HTTP client has the status
 * that another server returned.
 */
const isHttpError = (error: unknown): error is HttpError =>
  isError(error) &&
  typeof propertyOf(error, 'getStatus') === 'function' &&
  typeof propertyOf(error, 'getResponse') === 'function';

/**
 * Describes an `HttpException` by its status and its body.
 * @throws any error that `getStatus()` or `getResponse()` throws.
 */
export function describeHttpException(error: unknown): WireError | undefined {
  if (!isHttpError(error)) {
    return undefined;
  }
  return {
    ...toWireErrorWithoutReasons(error),
    code: undefined,
    status: error.getStatus(),
    details: jsonCopy(error.getResponse()),
  };
}
