import { ForbiddenException, HttpException, Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import {
  OnJob,
  PayloadTooLargeError,
  RemoteError,
  SerializationError,
  type ReqRepModuleOptions,
} from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';

const server = useServer();

async function callWith(handle: () => unknown, options: ReqRepModuleOptions = {}) {
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(): unknown {
      return handle();
    }
  }
  const { client, log } = await startApp({ connection: server.url, ...options }, [Worker]);
  return { queue, log, error: await failureOf(client.send(queue)) };
}

const throwing = (error: unknown) => () => {
  throw error;
};

it('the error of a handler arrives at the caller with its name, message, code and details', async () => {
  class OrderError extends Error {
    override readonly name = 'OrderError';
    readonly code = 'E_ORDER';
    readonly details = { order: 7 };
  }
  const { error, queue, log } = await callWith(throwing(new OrderError('no such order')));
  expect(error).toBeInstanceOf(RemoteError);
  expect(error).toMatchObject({
    code: 'REMOTE',
    message: 'no such order',
    queue,
    remote: {
      name: 'OrderError',
      message: 'no such order',
      code: 'E_ORDER',
      details: { order: 7 },
      stack: undefined,
    },
  });
  expect(log.text).toContain(`error Worker#run failed on job`);
  expect(log.text).toContain(`no such order`);
});

it('the causes of an error arrive at the caller and in the log', async () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED ::1'), { code: 'ECONNREFUSED' });
  const { error, log } = await callWith(
    throwing(new TypeError('fetch failed', { cause: new AggregateError([refused]) })),
  );
  expect(error).toMatchObject({
    message: 'fetch failed',
    cause: {
      message: 'connect ECONNREFUSED ::1',
      remote: { name: 'AggregateError' },
      errors: [{ remote: { code: 'ECONNREFUSED' } }],
    },
  });
  expect(log.text).toContain(
    'TypeError: fetch failed; cause: AggregateError: connect ECONNREFUSED ::1',
  );
  expect(log.text).toContain("code: 'ECONNREFUSED'");
});

it('the stack of an error is sent only with `exposeStack`', async () => {
  const { error } = await callWith(throwing(new TypeError('boom')), { exposeStack: true });
  expect((error as RemoteError).remote.stack).toContain('errors.test');
});

class Text {
  toString(): string {
    return 'says what it is';
  }
}

it.each<[unknown, object, string]>([
  ['a string', { message: 'a string' }, 'a string (threw a string, not an Error)'],
  [42, { message: '42' }, '42 (threw a number, not an Error)'],
  [null, { message: 'null' }, 'null (threw `null`, not an Error)'],
  [undefined, { message: 'undefined' }, 'undefined (threw `undefined`, not an Error)'],
  [
    { status: 404, message: 'no such order', code: 'E_ORDER' },
    {
      message: 'no such order',
      remote: { code: 'E_ORDER', details: { status: 404, message: 'no such order' } },
    },
    'no such order (threw an object, not an Error)',
  ],
  [
    { reason: 'an object' },
    { message: '{"reason":"an object"}', remote: { details: { reason: 'an object' } } },
    '{"reason":"an object"} (threw an object, not an Error)',
  ],
  [['a', { b: 1 }], { message: '["a",{"b":1}]' }, '["a",{"b":1}] (threw an array, not an Error)'],
  [new Text(), { message: 'says what it is' }, 'says what it is (threw an object, not an Error)'],
  [
    ForbiddenException,
    { message: 'function ForbiddenException' },
    'function ForbiddenException (threw a function, not an Error)',
  ],
])(
  'a thrown value that is no error is described to caller and log: %j',
  async (thrown, at, line) => {
    const { error, log } = await callWith(throwing(thrown));
    expect(error).toMatchObject({ code: 'REMOTE', ...at });
    expect(log.text).toContain(`: ${line}`);
  },
);

it('an HttpException arrives as one with the same status and body', async () => {
  const { error, log } = await callWith(throwing(new ForbiddenException({ reason: 'closed' })));
  expect(error).toBeInstanceOf(HttpException);
  const exception = error as HttpException;
  expect(exception.getStatus()).toBe(403);
  expect(exception.getResponse()).toEqual({ reason: 'closed' });
  expect(log.text).not.toContain('failed');
});

it.each<[string, () => unknown]>([
  [
    'a cycle',
    () => {
      const value: Record<string, unknown> = {};
      value['self'] = value;
      return value;
    },
  ],
  ['a BigInt', () => 10n],
  ['a function', () => () => 1],
])('%s in a reply ends the request with a SerializationError', async (_, handle) => {
  const { error, queue, log } = await callWith(handle);
  expect(error).toBeInstanceOf(SerializationError);
  expect(error).toMatchObject({ queue, direction: 'reply' });
  expect(log.text).toContain('cannot be written as JSON');
});

it('a reply that is too large ends the request with a PayloadTooLargeError', async () => {
  const { error, queue } = await callWith(() => 'x'.repeat(5_000), { maxPayload: 4_096 });
  expect(error).toBeInstanceOf(PayloadTooLargeError);
  expect(error).toMatchObject({ queue, direction: 'reply', maxPayload: 4_096 });
});

it('an error that is too large is shortened', async () => {
  const { error } = await callWith(throwing(new Error('x'.repeat(5_000))), { maxPayload: 4_096 });
  expect(error).toBeInstanceOf(RemoteError);
  expect((error as RemoteError).message).toMatch(/^x{1000} \[shortened\]$/);
});

it('a request whose data cannot be written or is too large fails without being sent', async () => {
  const queue = randomQueue();
  const { client } = await startApp({ connection: server.url, maxPayload: 4_096 });
  expect(await failureOf(client.send(queue, 1n))).toMatchObject({
    code: 'SERIALIZATION',
    direction: 'request',
  });
  expect(await failureOf(client.send(queue, 'x'.repeat(5_000)))).toMatchObject({
    code: 'PAYLOAD_TOO_LARGE',
    direction: 'request',
  });
  expect(await failureOf(client.emit(queue, 1n))).toBeInstanceOf(SerializationError);
  expect(client.pending).toBe(0);
  expect(await server.look.exists(`${queue}requests`)).toBe(0);
});

it('an error that a handler passes on from a request of its own arrives as a RemoteError', async () => {
  const { error } = await callWith(throwing(new PayloadTooLargeError('inner', 'reply', 2, 1)));
  expect(error).toBeInstanceOf(RemoteError);
  expect(error).toMatchObject({
    remote: { name: 'PayloadTooLargeError', code: 'PAYLOAD_TOO_LARGE' },
  });
});

it('a handler that takes longer than its timeout is aborted, and its caller gets an error', async () => {
  const queue = randomQueue();
  let aborted = false;
  let runs = 0;
  let finish: () => void = () => undefined;
  @Injectable()
  class Worker {
    @OnJob(queue, { timeout: 100, concurrency: 1 })
    run(data: unknown, { signal }: { signal: AbortSignal }) {
      runs++;
      if (data === 'quick') {
        return 'quick';
      }
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    }
  }
  const { client } = await startApp({ connection: server.url }, [Worker]);
  expect(await failureOf(client.send(queue))).toMatchObject({
    remote: {
      name: 'TimeoutError',
      code: 'JOB_TIMEOUT',
      message: 'Worker#run exceeded its timeout of 100 ms',
    },
  });
  expect(aborted).toBe(true);
  // Its slot stays taken for as long as it runs.
  const quick = firstValueFrom(client.send(queue, 'quick'));
  expect(runs).toBe(1);
  finish();
  expect(await quick).toBe('quick');
});
