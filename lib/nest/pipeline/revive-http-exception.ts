import * as nest from '@nestjs/common';
import { HttpException } from '@nestjs/common';
import type { WireError } from '../../protocol/wire/wire-error.js';

/**
 * Turns an error with an HTTP status into an `HttpException`, so that a controller that returns the request answers with that
 * status. An error of one of Nest's classes, such as `NotFoundException`, keeps its class.
 */
export function reviveHttpException(form: WireError): Error | undefined {
  const { status, details, message } = form;
  if (!Number.isInteger(status) || status === undefined || status < 100 || status > 599) {
    return undefined;
  }
  const hasBody = typeof details === 'string' || (typeof details === 'object' && details !== null);
  const exception: HttpException = Reflect.construct(
    HttpException,
    [hasBody ? details : message, status],
    ownClassOf(form),
  );
  exception.message = message;
  return exception;
}

/** Returns the exception class of Nest with the name of the error, or `HttpException`. */
function ownClassOf({ name }: WireError): Function {
  const named: unknown = Reflect.get(nest, name);
  return typeof named === 'function' && named.prototype instanceof HttpException
    ? named
    : HttpException;
}
