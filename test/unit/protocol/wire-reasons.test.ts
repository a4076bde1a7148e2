import { HttpException, NotFoundException } from '@nestjs/common';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { RemoteError } from '../../../lib/errors/index.js';
import { reviveHttpException } from '../../../lib/nest/pipeline/revive-http-exception.js';
import { describeHttpException } from '../../../lib/core/describe-http-exception.js';
import {
  parseWireError,
  toCallerError,
  toWireError,
  withReasons,
} from '../../../lib/protocol/wire/wire-error.js';
import { ErrorRegistry } from '../../../lib/protocol/wire/error-registry.js';
import type { Job } from '../../../lib/protocol/wire/job-element.js';
import { decodeFrame } from '../../../lib/protocol/wire/reply-frame.js';
import { ReplyEncoder } from '../../../lib/worker/running/reply-encoder.js';

class Declined extends Error {
  constructor(
    readonly card: string,
    options?: ErrorOptions,
  ) {
    super(`${card} was declined`, options);
  }
}

const registry = new ErrorRegistry([Declined]);
const JOB: Job = { version: 2, id: 'job-1', data: 1, replyTo: 'client', redeliveries: 0 };

/** Returns the frame that a worker sends for an error of its handler. */
function frameOf(thrown: unknown, exposeStack = false, maxPayload = 1_048_576): string {
  const describeError = (error: unknown) => registry.describe(error, describeHttpException);
  const described = describeError(thrown);
  const form = described
    ? withReasons(described, thrown, describeError)
    : toWireError(thrown, describeError);
  return new ReplyEncoder('reports', { maxPayload, exposeStack }).failure(JOB, form);
}

/** Returns the error that a caller gets for a frame. */
function arrived(text: string): Error & { readonly errors?: unknown[] } {
  const frame = decodeFrame(text);
  if (frame?.kind !== 'e') {
    throw new Error('No error frame');
  }
  return toCallerError(
    frame.error,
    { queue: 'reports', id: 'job-1' },
    (form) => registry.revive(form) ?? reviveHttpException(form),
  );
}

const travel = (thrown: unknown) => arrived(frameOf(thrown));

function chain(length: number): Error {
  let error = new Error('cause 0');
  for (let index = 1; index < length; index++) {
    error = new Error(`cause ${index}`, { cause: error });
  }
  return error;
}

/** Counts the causes of an error. */
function depthOf(error: unknown): number {
  let depth = 0;
  for (let cause = (error as Error).cause; cause; cause = (cause as Error).cause) {
    depth++;
  }
  return depth;
}

describe('the cause of an error', () => {
  it('arrives as an error, with its name, code and details, and causes of its own', () => {
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', details: [1] });
    const error = travel(
      new TypeError('fetch failed', { cause: new RangeError('m', { cause: refused }) }),
    );
    expect(error).toBeInstanceOf(RemoteError);
    expect(error.cause).toBeInstanceOf(RemoteError);
    expect(error.cause).toMatchObject({ message: 'm', remote: { name: 'RangeError' } });
    expect((error.cause as Error).cause).toMatchObject({
      message: 'refused',
      queue: 'reports',
      remote: { name: 'Error', code: 'ECONNREFUSED', details: [1] },
    });
    expect(Object.keys(error)).not.toContain('cause');
  });

  it.each<[string, () => Error, abstract new (...args: never[]) => Error]>([
    ['a registered class', () => new Declined('visa', { cause: new Declined('gold') }), Declined],
    [
      'an HttpException',
      () => new NotFoundException('gone', { cause: new NotFoundException('gone before') }),
      HttpException,
    ],
  ])('arrives together with, and as, an error of %s', (_, make, type) => {
    const thrown = make();
    const error = travel(thrown);
    expect(error).toBeInstanceOf(type);
    expect(error.message).toBe(thrown.message);
    expect(error.cause).toMatchObject({ message: (thrown.cause as Error).message });
    expect(error.cause instanceof Declined).toBe(type === Declined);
  });

  it.each([['a text'], [7], [false], [null], [{ reason: 'an object' }], [[1, 2]]])(
    'that is no error arrives unchanged: %j',
    (cause) => {
      const error = travel(new Error('m', { cause }));
      expect(error).toHaveProperty('cause', cause);
    },
  );

  it.each<[string, unknown]>([
    ['a function', () => 1],
    ['a BigInt', 1n],
    ['a text that is too long', { text: 'x'.repeat(100_000) }],
    [
      'one that throws',
      {
        toJSON: () => {
          throw new Error('no');
        },
      },
    ],
  ])('that cannot be written is left out: %s', (_, cause) => {
    const error = travel(new Error('m', { cause }));
    expect(error.message).toBe('m');
    expect(error).not.toHaveProperty('cause');
  });

  it('that cannot be read is left out', () => {
    const odd = Object.defineProperty(new Error('m'), 'cause', {
      get: () => {
        throw new Error('no');
      },
    });
    expect(travel(odd)).not.toHaveProperty('cause');
  });

  it('ends at a cycle', () => {
    const error = new Error('outer', { cause: new Error('inner') });
    (error.cause as Error).cause = error;
    expect(depthOf(travel(error))).toBe(1);
  });

  it('is bounded: a thousand causes, and causes of a megabyte', () => {
    expect(depthOf(travel(chain(1_000)))).toBe(8);
    const large = new Error('outer', {
      cause: Object.assign(new Error('x'.repeat(1_000_000)), { details: 'y'.repeat(1_000_000) }),
    });
    const text = frameOf(large);
    expect(text.length).toBeLessThan(10_000);
    expect((arrived(text).cause as Error).message).toMatch(/^x{1000}\.\.\.$/);
  });

  it('is left out, and the error is complete, if both together are too large', () => {
    const text = frameOf(
      new Error('m'.repeat(500), { cause: new Error('c'.repeat(900)) }),
      false,
      1_024,
    );
    expect(arrived(text).message).toBe('m'.repeat(500));
    expect(arrived(text)).not.toHaveProperty('cause');
  });

  it('has a stack only with `exposeStack`', () => {
    const error = new Error('outer', { cause: new AggregateError([new Error('inner')], 'both') });
    expect(frameOf(error)).not.toContain('wire-reasons.test');
    const exposed = arrived(frameOf(error, true));
    expect((exposed.cause as RemoteError).remote.stack).toContain('wire-reasons.test');
  });

  it('may be an error of another realm', () => {
    const error = runInNewContext(
      'Object.assign(new TypeError("m", { cause: new RangeError("c") }), { code: "E" })',
    );
    expect(travel(error)).toMatchObject({
      remote: { name: 'TypeError', code: 'E' },
      cause: { remote: { name: 'RangeError' } },
    });
  });
});

describe('the errors of an AggregateError', () => {
  it('arrive, and their messages replace a missing message of the AggregateError', () => {
    const refused = ['::1', '127.0.0.1'].map((at) =>
      Object.assign(new Error(`connect ECONNREFUSED ${at}`), { code: 'ECONNREFUSED' }),
    );
    const error = travel(new AggregateError(refused));
    expect(error.message).toBe('connect ECONNREFUSED ::1; connect ECONNREFUSED 127.0.0.1');
    expect(error.errors).toMatchObject(
      refused.map(({ message, code }) => ({ message, remote: { code } })),
    );
    expect(error.errors?.[0]).toBeInstanceOf(RemoteError);
  });

  it('are bounded, however many there are and however deep', () => {
    let error: Error = new Error('inner');
    for (let depth = 0; depth < 10; depth++) {
      error = new AggregateError(
        Array.from({ length: 100 }, () => error),
        `depth ${depth}`,
      );
    }
    expect(frameOf(error).length).toBeLessThan(40_000);
    expect(travel(error).errors?.length).toBeLessThanOrEqual(16);
  });

  it.each([[['one', 'two']], [{ id: 'wrong' }], ['text']])(
    'are left out if the property `errors` holds something else: %j',
    (errors) => {
      expect(travel(Object.assign(new Error('m'), { errors }))).not.toHaveProperty('errors');
    },
  );
});

it.each<[string, unknown]>([
  ['a cause that is none', { cause: 7, errors: 7 }],
  ['empty reasons', { cause: {}, errors: [null, {}, []] }],
  ['an error that is none', { cause: { error: 'oops' }, errors: [{ error: null }] }],
])('a frame is decoded whatever its reasons hold: %s', (_, odd) => {
  const form = parseWireError({ name: 'Error', message: 'm', ...(odd as object) });
  const error = toCallerError(form, { queue: 'reports', id: 'job-1' });
  expect(error).toBeInstanceOf(RemoteError);
  expect(error.message).toBe('m');
});

it('a frame with very deep reasons is decoded down to the maximum depth', () => {
  let form: object = { name: 'Error', message: 'inner' };
  for (let depth = 0; depth < 2_000; depth++) {
    form = { name: 'Error', message: `m ${depth}`, cause: { error: form } };
  }
  expect(depthOf(toCallerError(parseWireError(form), { queue: 'q', id: 'i' }))).toBe(8);
});

it('a frame of an earlier version, without reasons, is decoded', () => {
  const error = arrived('["job-1","e",{"name":"TypeError","message":"m","code":"E"}]');
  expect(error).toMatchObject({ message: 'm', remote: { name: 'TypeError', code: 'E' } });
  expect('cause' in error || 'errors' in error).toBe(false);
});
