/** Things that code of an application may throw, return or do, and that are odd to look at. */
import { HttpException } from '@nestjs/common';
import { finalize, map, NEVER, Observable, of, timer } from 'rxjs';

/** What of a job they look at. */
interface OddJob {
  readonly signal: AbortSignal;
}

const fail = (): never => {
  throw new Error('odd on purpose');
};

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable(new Error('revoked'), {});
  revoke();
  return proxy;
}

const getting = (name: string): object => Object.defineProperty({}, name, { get: fail });

class Unreadable extends HttpException {
  override getResponse(): never {
    return fail();
  }
}

class WithoutStatus extends HttpException {
  override getStatus(): never {
    return fail();
  }
}

/** What may be thrown, made anew each time. */
export const THROWN: Readonly<Record<string, () => unknown>> = {
  nothing: () => undefined,
  null: () => null,
  'a symbol': () => Symbol('odd'),
  'an object without a prototype': () => Object.create(null),
  'a revoked proxy': revoked,
  'a revoked proxy of a function': () => {
    const { proxy, revoke } = Proxy.revocable(() => undefined, {});
    revoke();
    return proxy;
  },
  'a proxy whose traps throw': () =>
    new Proxy(new Error('trapped'), { get: fail, getPrototypeOf: fail, has: fail, ownKeys: fail }),
  'an HttpException whose getResponse() throws': () => new Unreadable('no body', 400),
  'an HttpException whose getStatus() throws': () => new WithoutStatus('no status', 400),
  'an HttpException whose status is a BigInt': () => new HttpException('odd', 400n as never),
  'an error whose prototype has no constructor': () =>
    Object.setPrototypeOf(
      new Error('lost its class'),
      Object.create(Error.prototype, { constructor: { value: undefined } }),
    ),
  'an error whose constructor cannot be read': () =>
    Object.setPrototypeOf(
      new Error('hides its class'),
      Object.create(Error.prototype, { constructor: { get: fail } }),
    ),
  'an error without a prototype': () => Object.setPrototypeOf(new Error('nobody'), null),
  'an error whose stack, message, name, code, details and cause cannot be read': () =>
    Object.defineProperties(
      new Error(),
      Object.fromEntries(
        ['stack', 'message', 'name', 'code', 'details', 'cause'].map((name) => [
          name,
          { get: fail, enumerable: true },
        ]),
      ),
    ),
  'an error whose name and message are no texts': () =>
    Object.assign(new Error(), { name: { toString: fail }, message: { toString: fail } }),
  'a frozen error': () => Object.freeze(new Error('cold')),
  'an error whose toString and toJSON throw': () =>
    Object.assign(new Error('shy'), { toString: fail, toJSON: fail, details: { toJSON: fail } }),
  'an error that is its own cause': () => {
    const error = new Error('circular');
    error.cause = error;
    return error;
  },
  'an error of another class that says so of its constructor': () => getting('constructor'),
  'an error of 3 MB': () => new Error('x'.repeat(3_000_000)),
  'an error with details too deep': () => {
    let details: unknown = [];
    for (let depth = 0; depth < 20_000; depth++) {
      details = [details];
    }
    return Object.assign(new Error('deep'), { details });
  },
};

/** What may be returned, and ends in an error. */
export const RETURNED: Readonly<Record<string, (job: OddJob) => unknown>> = {
  'an object whose `then` cannot be read': () => getting('then'),
  'a thenable that throws': () => ({ then: fail }), // oxlint-disable-line unicorn/no-thenable
  'a thenable that rejects with a revoked proxy': () => ({
    // oxlint-disable-next-line unicorn/no-thenable
    then: (_: unknown, reject: (error: unknown) => void) => reject(revoked()),
  }),
  'a promise of a revoked proxy': () =>
    new Promise((resolve) => setImmediate(resolve, [revoked()])),
  'an object whose `lift` cannot be read': () => getting('lift'),
  'an Observable of another copy of RxJS that throws when it is subscribed to': () => ({
    lift: () => undefined,
    subscribe: fail,
  }),
  'an AsyncIterable that cannot be begun': () =>
    Object.defineProperty({}, Symbol.asyncIterator, { get: fail }),
  'an AsyncIterable whose iterator is none': () => ({ [Symbol.asyncIterator]: () => undefined }),
  'an AsyncIterable that gives no results': () => ({
    [Symbol.asyncIterator]: () => ({ next: () => undefined }),
  }),
  'an AsyncIterable whose results cannot be read': () => ({
    [Symbol.asyncIterator]: () => ({ next: () => getting('done') }),
  }),
  'an Observable that throws when it is subscribed to': () => new Observable(fail),
  'a value whose toJSON throws': () => ({ toJSON: fail }),
  'a value whose toJSON throws a revoked proxy': () => ({
    toJSON: () => {
      throw revoked();
    },
  }),
  'a value with a getter that throws': () =>
    Object.defineProperty({}, 'odd', { get: fail, enumerable: true }),
  'a stream of a value that cannot be read': () =>
    of(Object.defineProperty({}, 'odd', { get: fail, enumerable: true })),
};

/** What ends by itself, and throws while it does. */
export const ENDING: Readonly<Record<string, () => unknown>> = {
  'an Observable that completes at once': () => of(1).pipe(finalize(fail)),
  'an Observable that completes later': () => timer(1).pipe(finalize(fail)),
  'an Observable that completes at once, and its teardown': () =>
    new Observable((subscriber) => {
      subscriber.next(1);
      subscriber.complete();
      return fail;
    }),
  'an Observable that completes later, and its teardown': () =>
    new Observable((subscriber) => {
      setImmediate(() => {
        subscriber.next(1);
        subscriber.complete();
      });
      return fail;
    }),
  'an operator in the middle': () =>
    timer(1).pipe(
      finalize(fail),
      map(() => 1),
    ),
};

/** What never ends by itself, and throws when it is ended. */
export const STUBBORN: Readonly<Record<string, (job: OddJob) => unknown>> = {
  'an Observable whose teardown throws': () => new Observable(() => fail),
  'an Observable whose finalize() throws': () => NEVER.pipe(finalize(fail)),
  'an Observable of another copy of RxJS whose unsubscribe() throws': () => ({
    lift: () => undefined,
    subscribe: () => ({ unsubscribe: fail }),
  }),
  'a generator whose finally throws': async function* () {
    try {
      for (;;) {
        yield await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      fail();
    }
  },
  'an iterator whose return() throws': () => ({
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise((resolve) => setImmediate(resolve, { value: 1 })),
      return: fail,
    }),
  }),
  'a handler with a listener that throws': ({ signal }) => {
    signal.addEventListener('abort', fail);
    return NEVER;
  },
  'a handler with a listener that rejects': ({ signal }) => {
    signal.addEventListener('abort', async () => fail());
    return NEVER;
  },
  'a handler with an `onabort` that throws': ({ signal }) => {
    Object.assign(signal, { onabort: fail });
    return NEVER;
  },
  'a handler with a listener that throws a revoked proxy': ({ signal }) => {
    signal.addEventListener('abort', {
      handleEvent: () => {
        throw revoked();
      },
    });
    return NEVER;
  },
};
