import { isObservable, Observable } from 'rxjs';
import { nextTurn, type Runtime } from '../../driver/runtime.js';
import type { RunContext } from './run-context.js';

/** Longest time, ms, and most values that an AsyncIterable is pulled before other work of the event loop gets its turn. */
const MAX_TURN_MS = 5;
const MAX_VALUES_PER_TURN = 256;

/** A value that a handler may return to send a stream. */
export type Stream = Observable<unknown> | AsyncIterable<unknown> | IterableIterator<unknown>;

/**
 * Whether a value that a handler returned is a stream. A generator or any other iterator is a stream; a value that can only be
 * iterated over, such as an array or a string, is one value. @throws the error that reading a property of the value throws.
 */
export const isStream = (value: unknown): value is Stream =>
  isObservable(value) || isAsyncIterable(value) || isIterator(value);

/**
 * Makes a returned value the stream of the job. An AsyncIterable or an iterator is pulled no faster than the caller reads; an
 * Observable emits at its own pace.
 */
export function streamOf(source: Stream, context: RunContext): Observable<unknown> {
  context.isStreaming = true;
  if (!isObservable(source)) {
    return pulled(isAsyncIterable(source) ? source : toAsyncGenerator(source), context);
  }
  // An Observable of another copy of RxJS is wrapped, because its subscription may behave differently.
  return source instanceof Observable
    ? source
    : new Observable((subscriber) => (source as Observable<unknown>).subscribe(subscriber));
}

/**
 * Returned instead of a value where the handler is called on subscription only, so that it is not known yet whether it streams.
 */
export class InterceptedReply {
  constructor(readonly values: Observable<unknown>) {}
}

/**
 * @returns the values of a returned stream; `undefined` for one value.
 * @throws the error that reading a property of the value throws.
 */
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
        // The teardown of an operator may throw.
        .catch((error: unknown) => context.strayed('the teardown of its Observable', error)),
    );
    return () => {
      if (!isDone) {
        context.include(endIterator(iterator, context));
      }
    };
  });
}

/** Ends an iterator early. Its error goes to the log, because the run has ended already. */
async function endIterator(iterator: AsyncIterator<unknown>, context: RunContext): Promise<void> {
  try {
    await iterator.return?.();
  } catch (error) {
    context.strayed('return() of its iterator', error);
  }
}

/** Measures how long values are pulled in one turn of the event loop, which a quick source would never leave by itself. */
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

  /** Counts a value. @returns whether other work should get its turn. */
  isOver(): boolean {
    this.values++;
    return this.values >= MAX_VALUES_PER_TURN || this.runtime.now() - this.since >= MAX_TURN_MS;
  }
}

/** Makes an iterator asynchronous as `for await` does: promises among its values are awaited, and `return()` is passed on. */
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
