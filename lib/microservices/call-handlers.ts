import { BaseRpcExceptionFilter, type MessageHandler } from '@nestjs/microservices';
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
import type { RunContext } from '../worker/running/run-context.js';
import { valuesOf } from '../worker/running/stream-source.js';
import type { ReqRepContext } from './reqrep-context.js';
import { isRpcException, toError } from './rpc-error.js';

/** What a handler is called with, and the job that carries it. */
interface Message {
  readonly data: unknown;
  readonly context: ReqRepContext;
  readonly job: RunContext;
}

/** Nest's own filter, which logs an error that it hides. */
const NEST_FILTER = new BaseRpcExceptionFilter();

/**
 * Calls the handlers of a message.
 * @returns what the handler returned, with its errors as errors of this library; of several handlers an Observable without values that ends
 * when all of them have ended.
 */
export function callHandlers(
  handlers: readonly MessageHandler[],
  message: Message,
): Promise<unknown> {
  const [handler, ...others] = handlers;
  return handler === undefined || others.length > 0
    ? Promise.resolve(allOf(handlers, message))
    : callOne(handler, message);
}

async function callOne(handler: MessageHandler, { data, context, job }: Message): Promise<unknown> {
  try {
    const result: unknown = await handler(data, context);
    const values = isObservable(result) ? result : valuesOf(result, job)?.pipe(catchError(hide));
    return values ? values.pipe(catchError((error) => throwError(() => toError(error)))) : result;
  } catch (error) {
    throw toError(error);
  }
}

/** The filters of Nest do not see what a generator throws, since it was returned before: it ends as without filters. */
const hide = (error: unknown): Observable<never> =>
  isRpcException(error) ? throwError(() => error) : NEST_FILTER.handleUnknownError(error, 'error');

/** Runs all handlers to their ends, also where one of them fails: the job is not over while one still runs. */
function allOf(handlers: readonly MessageHandler[], message: Message): Observable<never> {
  return defer(() => {
    const errors: unknown[] = [];
    const ends = handlers.map((handler) =>
      from(callOne(handler, message)).pipe(
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
