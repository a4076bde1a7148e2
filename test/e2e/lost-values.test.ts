import { Injectable, UseInterceptors, type NestInterceptor } from '@nestjs/common';
import { firstValueFrom, toArray, type Observable } from 'rxjs';
import { expect, it } from 'vitest';
import { OnJob, SerializationError, type JobContext, type RequestClient } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

const all = (values: Observable<unknown>): Promise<unknown[]> =>
  firstValueFrom(values.pipe(toArray()));

async function startReturning(returned: (job: JobContext) => unknown) {
  const [queue, intercepted] = [randomQueue(), randomQueue()];
  class Through implements NestInterceptor {
    intercept(_: unknown, next: Parameters<NestInterceptor['intercept']>[1]) {
      return next.handle();
    }
  }
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(_: unknown, job: JobContext): unknown {
      return returned(job);
    }

    @UseInterceptors(new Through())
    @OnJob(intercepted)
    async intercepted(_: unknown, job: JobContext): Promise<unknown> {
      return returned(job);
    }
  }
  const { client, log } = await startApp({ connection: server.url }, [Worker]);
  return { client, log, queues: [queue, intercepted] };
}

const ofEach = <Result>(
  { client, queues }: { client: RequestClient; queues: readonly string[] },
  ask: (values: Observable<unknown>) => Promise<Result>,
): Promise<Result[]> => Promise.all(queues.map((queue) => ask(client.send(queue))));

it.each<[string, () => unknown, RegExp]>([
  ['a Map', () => new Map([['a', 1]]), /it is a Map.*Object\.fromEntries\(map\)/],
  ['a nested Set', () => ({ items: new Set([1]) }), /`items` is a Set.*Send `\[\.\.\.set\]`/],
  ['a promise that nobody waits for', () => ({ a: [Promise.resolve()] }), /`a\[0\]` is a Promise/],
  ['an error', () => new RangeError('oops'), /it is an Error \(RangeError\).*throw it/],
  ['a Buffer', () => ({ file: Buffer.from('ab') }), /`file` is a Buffer.*base64/],
])('a reply that contains %s is rejected at the caller and in the log', async (_, make, says) => {
  const started = await startReturning(make);
  for (const [index, error] of (await ofEach(started, failureOf)).entries()) {
    expect(error).toBeInstanceOf(SerializationError);
    expect((error as Error).message).toMatch(says);
    expect((error as Error).message).toContain(`"${started.queues[index]}"`);
  }
  expect(started.log.text).toMatch(says);
});

it('a stream with a Map in a value ends with an error after the values before it', async () => {
  const started = await startReturning(async function* () {
    yield 1;
    yield { more: new Map() };
  });
  const [queue = ''] = started.queues;
  const seen: unknown[] = [];
  const error = await new Promise((resolve) => {
    started.client.send(queue).subscribe({ next: (value) => seen.push(value), error: resolve });
  });
  expect(seen).toEqual([1]);
  expect(error).toMatchObject({ code: 'SERIALIZATION', direction: 'reply' });
  expect((error as Error).message).toContain('`more` is a Map');
});

it('data that contains a Map is rejected before it is sent', async () => {
  const queue = randomQueue();
  const { client } = await startApp({ connection: server.url });
  for (const call of [
    client.send(queue, { ids: new Set([1]) }),
    client.emit(queue, { ids: new Set([1]) }),
  ]) {
    const error = await failureOf(call);
    expect(error).toMatchObject({ code: 'SERIALIZATION', direction: 'request' });
    expect((error as Error).message).toContain('`ids` is a Set');
  }
  expect(await server.look.exists(`${queue}requests`)).toBe(0);
});

it.each<[string, () => unknown, unknown[]]>([
  [
    'a generator',
    function* () {
      yield 1;
      yield { two: 2 };
    },
    [1, { two: 2 }],
  ],
  ['the values of a Map', () => new Map([['a', 1]]).values(), [1]],
  [
    'an iterator of promises',
    () => [Promise.resolve('first'), Promise.resolve('second')].values(),
    ['first', 'second'],
  ],
  ['an empty generator', () => [].values(), []],
])('what a handler returns is streamed: %s', async (_, make, values) => {
  expect(await ofEach(await startReturning(make), all)).toEqual([values, values]);
});

it.each<[string, unknown]>([
  ['an array', [1, 2]],
  ['a text', 'text'],
  ['an object with a `next`', { next: 2 }],
])('a value that is no iterator is one reply: %s', async (_, value) => {
  expect(await ofEach(await startReturning(() => value), all)).toEqual([[value], [value]]);
});

it('a generator that throws ends its stream with the error, and one without a reader is ended', async () => {
  let ended = 0;
  const started = await startReturning(function* () {
    try {
      for (let count = 0; ; count++) {
        yield count;
      }
    } finally {
      ended++;
    }
  });
  expect(await ofEach(started, firstValueFrom)).toEqual([0, 0]);
  await waitFor(() => ended === 2);

  const failing = await startReturning(function* () {
    yield 1;
    throw new Error('no two');
  });
  expect(await ofEach(failing, failureOf)).toMatchObject([
    { message: 'no two' },
    { message: 'no two' },
  ]);
});
