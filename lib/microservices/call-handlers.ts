import type { MessageHandler } from '@nestjs/microservices';
import {
  catchError,
  concat,
  defer,
  EMPTY,
  from,
  ignoreElements,
  isObservable,
  merge,
  mergeMap,
  of,
  throwError,
  type Observable,
} from 'rxjs';
import { messageOf } from '../errors/error-text.js';
import type { ReqRepContext } from './reqrep-context.js';
import { toError } from './rpc-error.js';

/**
 * Calls the handlers of a message.
 * @returns what the handler returned, with its errors as errors of this library; of several handlers an Observable without values that ends
 * when all of them have ended.
 */
export function callHandlers(
  handlers: readonly MessageHandler[],
  data: unknown,
  context: ReqRepContext,
): Promise<unknown> {
  const [handler, ...others] = handlers;
  return handler === undefined || others.length > 0
    ? Promise.resolve(allOf(handlers, data, context))
    : callOne(handler, data, context);
}

async function callOne(
  handler: MessageHandler,
  data: unknown,
  context: ReqRepContext,
): Promise<unknown> {
  let result: unknown;
  try {
    result = await handler(data, context);
  } catch (error) {
    throw toError(error);
  }
  return isObservable(result)
    ? result.pipe(catchError((error: unknown) => throwError(() => toError(error))))
    : result;
}

/** Runs all handlers to their ends, also where one of them fails: the job is not over while one still runs. */
function allOf(
  handlers: readonly MessageHandler[],
  data: unknown,
  context: ReqRepContext,
): Observable<never> {
  return defer(() => {
    const errors: unknown[] = [];
    const ends = handlers.map((handler) =>
      from(callOne(handler, data, context)).pipe(
        mergeMap((result) => (isObservable(result) ? result : of(result))),
        ignoreElements(),
        catchError((error: unknown) => {
          errors.push(error);
          return EMPTY;
        }),
      ),
    );
    return concat(
      merge(...ends),
      defer(() => (errors.length === 0 ? EMPTY : throwError(() => oneOf(errors)))),
    );
  });
}

const oneOf = (errors: readonly unknown[]): unknown =>
  errors.length === 1
    ? errors[0]
    : new AggregateError(
        errors,
        `${errors.length} handlers failed: ${errors.map(messageOf).join('; ')}`,
      );
