import { isObservable, Observable } from 'rxjs';
import { nextTurn, type Runtime } from '../../driver/runtime.js';
import type { RunContext } from './run-context.js';

/** How long an AsyncIterable is pulled before others on the event loop have their turn, ms, and values at most. */
const MAX_TURN_MS = 5;
const MAX_VALUES_PER_TURN = 256;

/** What a handler may return that gives its values one by one. */
export type Stream = Observable<unknown> | AsyncIterable<unknown> | IterableIterator<unknown>;

/**
 * Whether a handler that returned it sends its values one by one. A generator does, and so does any iterator; what can only be
 * iterated over, such as an array or a text, is one value. @throws what it throws when it is looked at.
 */
export const isStream = (value: unknown): value is Stream =>
  isObservable(value) || isAsyncIterable(value) || isIterator(value);

/**
 * Makes what a handler returned the stream of its job. An AsyncIterable or an iterator is pulled no faster than the caller
 * reads; an Observable gives as it likes.
 */
export function streamOf(source: Stream, context: RunContext): Observable<unknown> {
  context.isStreaming = true;
  if (!isObservable(source)) {
    return pulled(isAsyncIterable(source) ? source : toAsyncGenerator(source), context);
  }
  // One of another copy of RxJS may do anything when it is subscribed to.
  return source instanceof Observable
    ? source
    : new Observable((subscriber) => (source as Observable<unknown>).subscribe(subscriber));
}

/** Returned instead of a value by whoever cannot tell yet whether the handler, called on subscription, will stream. */
export class InterceptedReply {
  constructor(readonly values: Observable<unknown>) {}
}

/** The values of what a handler returned, where they may be more than one. @throws what it throws when it is looked at. */
export function valuesOf(returned: unknown, context: RunContext): Observable<unknown> | undefined {
  if (typeof returned !== 'object' || returned === null) {
    return undefined;
  }
  if (returned instanceof InterceptedReply) {
    return returned.values;
  }
  return isStream(returned) ? streamOf(returned, context) : undefined;
}

function pulled(source: AsyncIterable<unknown>, context: RunContext): Observable<unknown> {
  return new Observable((subscriber) => {
    const iterator = source[Symbol.asyncIterator]();
    const { runtime } = context.time;
    const turn = new Turn(runtime);
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
        if (turn.isOver()) {
          await nextTurn(runtime);
          turn.begin();
        }
      }
      subscriber.complete();
    };
    context.include(
      pull()
        .catch((error: unknown) => {
          isDone = true;
          subscriber.error(error);
        })
        // The teardown of an operator may throw at whoever ends it.
        .catch((error: unknown) => context.strayed('the teardown of its Observable', error)),
    );
    return () => {
      if (!isDone) {
        context.include(endIterator(iterator, context));
      }
    };
  });
}

/** Ends an iterator. One that fails while it is stopped has nobody left to tell but the log. */
async function endIterator(iterator: AsyncIterator<unknown>, context: RunContext): Promise<void> {
  try {
    await iterator.return?.();
  } catch (error) {
    context.strayed('return() of its iterator', error);
  }
}

/** How long values have been pulled in one turn of the event loop, which a quick source would never leave by itself. */
class Turn {
  private since: number;
  private values = 0;

  constructor(private readonly runtime: Runtime) {
    this.since = runtime.now();
  }

  begin(): void {
    this.since = this.runtime.now();
    this.values = 0;
  }

  /** Counts a value. @returns whether others should have their turn. */
  isOver(): boolean {
    this.values++;
    return this.values >= MAX_VALUES_PER_TURN || this.runtime.now() - this.since >= MAX_TURN_MS;
  }
}

/** As `for await` follows an iterator: a promise among its values is waited for, and it is ended when it is given up. */
async function* toAsyncGenerator(values: Iterable<unknown>): AsyncGenerator<unknown> {
  for (const value of values) {
    yield value;
  }
}

function isIterator(value: unknown): value is IterableIterator<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { readonly next?: unknown }).next === 'function' &&
    typeof (value as { readonly [Symbol.iterator]?: unknown })[Symbol.iterator] === 'function'
  );
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
