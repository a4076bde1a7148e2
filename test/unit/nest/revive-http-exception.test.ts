import {
  BadRequestException,
  HttpException,
  ImATeapotException,
  NotFoundException,
} from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { reviveHttpException } from '../../../lib/nest/pipeline/revive-http-exception.js';
import { describeHttpException } from '../../../lib/core/describe-http-exception.js';
import { toCallerError, type WireError } from '../../../lib/protocol/wire/wire-error.js';
import { decodeFrame, encodeError } from '../../../lib/protocol/wire/reply-frame.js';

/** Returns the error that a caller gets for an error of a handler. */
function travel(thrown: unknown): unknown {
  const form = describeHttpException(thrown);
  const frame = form && decodeFrame(encodeError('job-1', form));
  if (frame?.kind !== 'e') {
    throw new Error('It has no form');
  }
  return toCallerError(frame.error, { queue: 'reports', id: 'job-1' }, reviveHttpException);
}

describe('an HttpException', () => {
  it.each([
    ['a text', new HttpException('no tea here', 418)],
    ['an object', new HttpException({ reason: 'no tea here', cups: [1, 2] }, 418)],
    ['an array', new HttpException(['no', 'tea'] as unknown as string[], 418)],
    ['an empty text', new HttpException('', 500)],
    ['an empty object', new HttpException({}, 422)],
    ['an object with a message', new HttpException({ message: 'no tea here' }, 418)],
    ['what Nest makes of nothing', new NotFoundException()],
    ['what Nest makes of a text', new NotFoundException('no tea here', 'description')],
    ['what a pipe makes of many texts', new BadRequestException(['one', 'two'])],
    ['what Nest makes of an object', new ImATeapotException({ deep: { deeper: null } })],
  ])('arrives with its status, body and message: %s', (_, thrown) => {
    const arrived = travel(thrown);
    expect(arrived).toBeInstanceOf(HttpException);
    const exception = arrived as HttpException;
    expect(exception.getStatus()).toBe(thrown.getStatus());
    expect(exception.getResponse()).toEqual(thrown.getResponse());
    expect(exception.message).toBe(thrown.message);
  });

  it('of a class of the application arrives with its status and body', () => {
    class PaymentRequired extends HttpException {
      constructor() {
        super({ card: 'expired' }, 402);
      }
    }
    const arrived = travel(new PaymentRequired()) as HttpException;
    expect(arrived.getStatus()).toBe(402);
    expect(arrived.getResponse()).toEqual({ card: 'expired' });
    expect(arrived.message).toBe('Payment Required');
  });

  it('becomes a wire error with the name of its class and its stack', () => {
    const thrown = new NotFoundException();
    expect(describeHttpException(thrown)).toMatchObject({
      name: 'NotFoundException',
      status: 404,
      stack: thrown.stack,
    });
  });

  const cycle: Record<string, unknown> = { status: 'oops' };
  cycle['self'] = cycle;

  it.each<[string, Record<string, unknown>]>([
    ['a cycle', cycle],
    ['a BigInt', { n: 1n }],
  ])('becomes a wire error that can be sent even if its body has %s', (_, body) => {
    const form = describeHttpException(new HttpException(body, 400));
    expect(() => JSON.stringify(form)).not.toThrow();
    expect(form?.status).toBe(400);
  });
});

it('of another copy of Nest travels as one of this copy', () => {
  class OtherHttpException extends Error {
    getStatus(): number {
      return 404;
    }
    getResponse(): object {
      return { reason: 'gone' };
    }
  }
  const arrived = travel(new OtherHttpException('gone')) as HttpException;
  expect(arrived).toBeInstanceOf(HttpException);
  expect([arrived.getStatus(), arrived.getResponse()]).toEqual([404, { reason: 'gone' }]);
});

it.each([
  ['an error', new Error('oops')],
  ['an error with a status', Object.assign(new Error('oops'), { status: 404 })],
  ['an object that looks like one', { getStatus: () => 404, getResponse: () => 'oops' }],
  ['a text', 'oops'],
  ['null', null],
  ['nothing', undefined],
])('no other error is described as an HttpException: %s', (_, thrown) => {
  expect(describeHttpException(thrown)).toBeUndefined();
});

describe('a wire error', () => {
  it('without a status is not revived as an HttpException', () => {
    expect(reviveHttpException({ name: 'HttpException', message: 'oops' })).toBeUndefined();
  });

  it.each<[string, Partial<WireError>]>([
    ['without a body', {}],
    ['with null as its body', { details: null }],
    ['with a number as its body', { details: 7 }],
  ])('%s has its message as the body', (_, rest) => {
    const exception = reviveHttpException({ name: 'Error', message: 'oops', status: 404, ...rest });
    expect(exception).toBeInstanceOf(HttpException);
    expect((exception as HttpException).getResponse()).toBe('oops');
    expect((exception as HttpException).getStatus()).toBe(404);
  });
});

it.each([0, 99, 600, 404.5, -1, NaN])('a status of %s is ignored', (status) => {
  expect(reviveHttpException({ name: 'HttpException', message: 'm', status })).toBeUndefined();
});

it.each([
  ['one of its own classes', new NotFoundException('no report'), NotFoundException],
  ['the base class', new HttpException('teapot', 418), HttpException],
])('an exception of Nest arrives as one of its class: %s', (_, thrown, type) => {
  const arrived = reviveHttpException(describeHttpException(thrown) as WireError);
  expect(Object.getPrototypeOf(arrived)).toBe(type.prototype);
  expect(arrived).toMatchObject({ name: type.name, message: thrown.message });
  expect((arrived as HttpException).getStatus()).toBe(thrown.getStatus());
  expect((arrived as HttpException).getResponse()).toEqual(thrown.getResponse());
});

it.each(['Injectable', 'constructor', 'NotThere'])(
  'the name %s does not become a class of exceptions',
  (name) => {
    const arrived = reviveHttpException({ name, message: 'm', status: 400 });
    expect(Object.getPrototypeOf(arrived)).toBe(HttpException.prototype);
  },
);
