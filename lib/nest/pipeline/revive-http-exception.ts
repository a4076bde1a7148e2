import * as nest from '@nestjs/common';
import { HttpException } from '@nestjs/common';
import type { WireError } from '../../protocol/wire/wire-error.js';

/**
 * An error with a status arrives as an `HttpException`, so that a controller that returns the request answers with it;
 * one of Nest's own classes (`NotFoundException` and the like) as one of that class.
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

/** The class of Nest that a form names, if it is one of its exceptions. */
function ownClassOf({ name }: WireError): Function {
  const named: unknown = Reflect.get(nest, name);
  return typeof named === 'function' && named.prototype instanceof HttpException
    ? named
    : HttpException;
}
