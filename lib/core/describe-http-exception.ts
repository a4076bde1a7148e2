import { isError, propertyOf } from '../errors/error-text.js';
import {
  jsonCopy,
  toWireErrorWithoutReasons,
  type WireError,
} from '../protocol/wire/wire-error.js';

/** What an `HttpException` of Nest has, be it of whatever copy of Nest, or of none. */
interface HttpError extends Error {
  getStatus(): number;
  getResponse(): unknown;
}

/**
 * Only what has both methods says of itself that it is the answer to a request over HTTP. A number in `status` says it of the
 * application's own requests as well: the error of an HTTP client has the status that it got from somebody else.
 */
const isHttpError = (error: unknown): error is HttpError =>
  isError(error) &&
  typeof propertyOf(error, 'getStatus') === 'function' &&
  typeof propertyOf(error, 'getResponse') === 'function';

/**
 * An `HttpException` travels with its status and its body.
 * @throws what its `getStatus()` or `getResponse()` throws.
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
