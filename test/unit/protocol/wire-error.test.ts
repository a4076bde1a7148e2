import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import {
  PayloadTooLargeError,
  RemoteError,
  SerializationError,
  WorkerLostError,
} from '../../../lib/errors/index.js';
import {
  parseWireError,
  toCallerError,
  toWireError,
  libraryErrorToWire,
  type WireError,
} from '../../../lib/protocol/wire/wire-error.js';
import { ErrorRegistry } from '../../../lib/protocol/wire/error-registry.js';
import { decodeFrame, encodeError } from '../../../lib/protocol/wire/reply-frame.js';
import { THROWN } from '../../processes/hostile.js';

const REQUEST = { queue: 'reports', id: 'job-1' };

/** Returns a wire error as the caller decodes it. */
function travel(form: WireError): WireError {
  const frame = decodeFrame(encodeError(REQUEST.id, form));
  if (frame?.kind !== 'e') {
    throw new Error('No error frame');
  }
  return frame.error;
}

describe('the wire error of a thrown error', () => {
  it('has its name, message and stack', () => {
    const error = new TypeError('oops');
    expect(toWireError(error)).toEqual({
      name: 'TypeError',
      message: 'oops',
      code: undefined,
      details: undefined,
      stack: error.stack,
    });
  });

  it('has the code and the details of a subclass', () => {
    class PaymentError extends Error {
      override readonly name = 'PaymentError';
      readonly code = 'E_CARD';
      readonly details = { card: 'expired', at: new Date(0) };
      readonly internal = 'not sent';
    }
    const form = toWireError(new PaymentError('refused'));
    expect(form).toMatchObject({
      name: 'PaymentError',
      message: 'refused',
      code: 'E_CARD',
      details: { card: 'expired', at: '1970-01-01T00:00:00.000Z' },
    });
    expect(JSON.stringify(form)).not.toContain('not sent');
  });

  it.each([
    ['E_CARD', 'E_CARD'],
    [402, 402],
    [{ nested: true }, undefined],
    [null, undefined],
    [true, undefined],
  ])('has a code that is a string or a number: %j', (code, expected) => {
    expect(toWireError(Object.assign(new Error('oops'), { code })).code).toBe(expected);
  });

  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;

  it.each([
    ['a cycle', cycle],
    ['a BigInt', { n: 1n }],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['nothing', undefined],
  ])('leaves out details that are %s', (_, details) => {
    const form = toWireError(Object.assign(new Error('oops'), { details }));
    expect(form.details).toBeUndefined();
    expect(form.message).toBe('oops');
  });

  it.each([
    ['a string', 'oops', 'oops', 'oops'],
    ['a number', 42, '42', 42],
    ['null', null, 'null', null],
    ['nothing', undefined, 'undefined', undefined],
    ['an object', { reason: 'oops' }, '{"reason":"oops"}', { reason: 'oops' }],
    ['a symbol', Symbol('s'), 'Symbol(s)', undefined],
    ['a BigInt', 1n, '1', undefined],
    ['an object with a cycle', cycle, '[object Object]', undefined],
  ])('describes a thrown value that is %s', (_, thrown, message, details) => {
    expect(toWireError(thrown)).toEqual({ name: 'Error', message, details });
  });

  it.each([
    ['has no prototype', Object.assign(Object.create(null) as object, { reason: 'oops' })],
    [
      'cannot be made a text',
      {
        reason: 'oops',
        toString() {
          throw new Error('no text today');
        },
      },
    ],
  ])('is also made of an object that %s', (_, thrown) => {
    expect(toWireError(thrown)).toMatchObject({ details: { reason: 'oops' } });
  });

  it.each([
    ['an object', { text: 'oops' }],
    ['a BigInt', 1n],
    ['nothing', undefined],
  ])('has a string as its message if that of the error is %s', (_, message) => {
    const form = toWireError(Object.assign(new Error('oops'), { message }));
    expect(form.message).toBeTypeOf('string');
  });
});

describe('the wire error of an unusual error', () => {
  it.each(Object.entries(THROWN))('can be read, written and revived: %s', (_, make) => {
    const form = toWireError(make());
    expect(form.name).toBeTypeOf('string');
    expect(form.message).toBeTypeOf('string');
    expect(toCallerError(travel(form), REQUEST)).toBeInstanceOf(RemoteError);
    const registry = new ErrorRegistry([RangeError]);
    expect(() => registry.describe(make())).not.toThrow();
  });

  it('has all readable properties if another one cannot be read', () => {
    const odd = Object.defineProperties(Object.assign(new TypeError('oops'), { code: 'E_ODD' }), {
      details: {
        get: () => {
          throw new Error('no');
        },
      },
      stack: { value: 1n },
    });
    expect(toWireError(odd)).toEqual({ name: 'TypeError', message: 'oops', code: 'E_ODD' });
  });

  it('has the name and code of an error of another realm that is no native error', () => {
    // Like a `DOMException` in a test under Jest.
    const { name, message, code, stack = '' } = new DOMException('too late', 'TimeoutError');
    const foreign = Object.create({ name, message, code, stack });
    expect(toWireError(foreign)).toEqual({ name, message, code, stack });
  });

  it.each([
    ['of another realm', runInNewContext('new TypeError("oops")')],
    ['without a prototype', Object.setPrototypeOf(new TypeError('oops'), null)],
  ])('has its message, though it is one %s', (_, error) => {
    expect(toWireError(error).message).toBe('oops');
  });
});

describe('the error of a handler at its caller', () => {
  it('is a RemoteError with the queue, the job and everything of the thrown error', () => {
    const thrown = Object.assign(new TypeError('oops'), { code: 7, details: { a: 1 } });
    const error = toCallerError(travel(toWireError(thrown)), REQUEST);
    expect(error).toBeInstanceOf(RemoteError);
    expect(error.message).toBe('oops');
    expect(error).toMatchObject({
      queue: 'reports',
      id: 'job-1',
      remote: {
        name: 'TypeError',
        message: 'oops',
        code: 7,
        details: { a: 1 },
        stack: thrown.stack,
      },
    });
  });

  it('is the error that the application makes of it, if it makes one', () => {
    const revived = new RangeError('revived');
    const form = { name: 'Error', message: 'oops', status: 404 };
    expect(toCallerError(form, REQUEST, () => revived)).toBe(revived);
    expect(toCallerError(form, REQUEST, () => undefined)).toBeInstanceOf(RemoteError);
  });

  it('is passed to the application with all of its fields', () => {
    const form = { name: 'Error', message: 'oops', status: 404, details: [1], code: 'E_OOPS' };
    const seen: WireError[] = [];
    toCallerError(travel(form), REQUEST, (each) => {
      seen.push(each);
      return undefined;
    });
    expect(seen).toEqual([form]);
  });
});

describe('an error of the library itself', () => {
  const tooLarge = new PayloadTooLargeError('reports', 'reply', 2_000, 1_024);
  const unwritable = new SerializationError('reports', 'reply', 'a cycle', {
    cause: new TypeError('a cycle'),
  });
  const lost = new WorkerLostError('reports', 'job-1', 3);

  it.each([
    [tooLarge, PayloadTooLargeError, { direction: 'reply', size: 2_000, maxPayload: 1_024 }],
    [unwritable, SerializationError, { direction: 'reply', reason: 'a cycle' }],
    [lost, WorkerLostError, { id: 'job-1', deliveries: 3 }],
  ])('arrives as itself: $name', (error, type, fields) => {
    const arrived = toCallerError(travel(libraryErrorToWire(error, 'job-1')), REQUEST);
    expect(arrived).toBeInstanceOf(type);
    expect(arrived).toMatchObject({ queue: 'reports', code: error.code, ...fields });
    expect(arrived.message).toBe(error.message);
  });

  it.each([tooLarge, unwritable, lost])(
    'is a RemoteError if it names another job: $name',
    (error) => {
      const arrived = toCallerError(travel(libraryErrorToWire(error, 'job-2')), REQUEST);
      expect(arrived).toBeInstanceOf(RemoteError);
      expect(arrived).toMatchObject({ remote: { name: error.name, code: error.code } });
    },
  );

  it.each([tooLarge, unwritable, lost])(
    'is a RemoteError if a handler passed it on: $name',
    (error) => {
      expect(toCallerError(travel(toWireError(error)), REQUEST)).toBeInstanceOf(RemoteError);
    },
  );

  it('takes precedence over the error that the application would make of it', () => {
    const form = travel(libraryErrorToWire(tooLarge, 'job-1'));
    const arrived = toCallerError(form, REQUEST, () => new RangeError('revived'));
    expect(arrived).toBeInstanceOf(PayloadTooLargeError);
  });

  it('arrives with neither its cause nor its stack', () => {
    const form = libraryErrorToWire(unwritable, 'job-1');
    expect(Object.keys(form).toSorted()).toEqual(['code', 'details', 'message', 'name']);
    expect(form.details).toEqual({ direction: 'reply', reason: 'a cycle', job: 'job-1' });
  });

  it.each([null, 'job-1', 7, ['job-1'], undefined])(
    'is not confused with an error whose details are %j',
    (details) => {
      const form = { name: 'Error', message: 'oops', code: 'WORKER_LOST', details };
      expect(toCallerError(form, REQUEST)).toBeInstanceOf(RemoteError);
    },
  );

  it('is not confused with an error of an unknown code', () => {
    const form = { name: 'Error', message: 'oops', code: 'E_OOPS', details: { job: 'job-1' } };
    expect(toCallerError(form, REQUEST)).toBeInstanceOf(RemoteError);
  });
});

describe('parseWireError', () => {
  it.each([
    ['nothing', undefined, 'the worker gave no reason'],
    ['null', null, 'the worker gave no reason'],
    ['a text', 'oops', 'oops'],
    ['a number', 42, '42'],
    ['false', false, 'false'],
  ])('makes an error of %s', (_, payload, message) => {
    expect(parseWireError(payload)).toEqual({ name: 'Error', message });
  });

  it.each([
    ['an array', ['oops']],
    ['an empty object', {}],
    ['wrong types throughout', { name: 1, message: {}, code: [], status: '404', stack: 5 }],
  ])('makes an error of %s', (_, payload) => {
    expect(parseWireError(payload)).toEqual({
      name: 'Error',
      message: 'the worker gave no reason',
      code: undefined,
      status: undefined,
      details: undefined,
      stack: undefined,
    });
  });

  it('keeps known fields and drops the others', () => {
    const form = {
      name: 'TypeError',
      message: '',
      code: 7,
      status: 404,
      details: null,
      stack: 'TypeError: at',
    };
    expect(parseWireError({ ...form, more: true })).toEqual(form);
  });
});
