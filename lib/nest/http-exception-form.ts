import { HttpException } from '@nestjs/common';
import { jsonOrNothing, toErrorForm, type ErrorForm } from '../protocol/error-form.js';

/** An `HttpException` travels with its status and its body. */
export function describeHttpException(error: unknown): ErrorForm | undefined {
  if (!(error instanceof HttpException)) {
    return undefined;
  }
  return {
    ...toErrorForm(error),
    code: undefined,
    status: error.getStatus(),
    details: jsonOrNothing(error.getResponse()),
  };
}

/** An error with a status arrives as an `HttpException`, so that a controller that returns the request answers with it. */
export function reviveHttpException({ status, details, message }: ErrorForm): Error | undefined {
  if (!Number.isInteger(status) || status === undefined || status < 100 || status > 599) {
    return undefined;
  }
  const hasBody = typeof details === 'string' || (typeof details === 'object' && details !== null);
  const exception = new HttpException(hasBody ? details : message, status);
  exception.message = message;
  return exception;
}
