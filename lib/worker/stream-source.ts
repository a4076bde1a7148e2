import { isObservable, Observable } from 'rxjs';
import type { JobContext } from './job-context.js';

/** Whether a handler that returned it sends its values one by one. */
export const isStream = (value: unknown): value is Observable<unknown> | AsyncIterable<unknown> =>
  isObservable(value) || isAsyncIterable(value);

/**
 * Makes what a handler returned the stream of its job. An AsyncIterable is pulled no faster than the caller reads; an
 * Observable gives as it likes.
 */
export function streamOf(
  source: Observable<unknown> | AsyncIterable<unknown>,
  context: JobContext,
): Observable<unknown> {
  context.isStreaming = true;
  return isObservable(source) ? source : pulled(source, context);
}

/** Returned instead of a value by whoever cannot tell yet whether the handler, called on subscription, will stream. */
export class InterceptedReply {
  constructor(readonly values: Observable<unknown>) {}
}

function pulled(source: AsyncIterable<unknown>, context: JobContext): Observable<unknown> {
  return new Observable((subscriber) => {
    const iterator = source[Symbol.asyncIterator]();
    let isDone = false;
    const pull = async (): Promise<void> => {
      while (!subscriber.closed) {
        const { done = false, value } = await iterator.next();
        isDone = done;
        if (isDone) {
          break;
        }
        subscriber.next(value);
        await context.room();
      }
      subscriber.complete();
    };
    context.include(
      pull().catch((error: unknown) => {
        isDone = true;
        subscriber.error(error);
      }),
    );
    return () => {
      if (!isDone) {
        // One that fails while it is stopped has nobody left to tell.
        context.include((async () => iterator.return?.())());
      }
    };
  });
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
