import { Injectable } from '@nestjs/common';
import {
  finalize,
  firstValueFrom,
  map,
  Observable,
  Subscriber,
  take,
  tap,
  type Observer,
} from 'rxjs';
import { expect, it } from 'vitest';
import { OnJob, RequestTimeoutError } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

const boom = (): never => {
  throw new Error('boom');
};

/** Cannot be looked at in any way. */
const unreadable = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

const throwUnreadable = (): never => {
  throw unreadable();
};

/** Throws as the source of it is let go of, which RxJS hands on to whoever ends it. */
const throwingTeardown =
  (teardown: () => void) =>
  <Value>(source: Observable<Value>): Observable<Value> =>
    new Observable((subscriber) => {
      subscriber.add(teardown);
      return source.subscribe(subscriber);
    });

/** Stands for whatever else is subscribed without RxJS's fence around it. */
class ThrowingSubscriber extends Subscriber<unknown> {
  override next(): never {
    return boom();
  }

  override error(): never {
    return boom();
  }

  override complete(): never {
    return boom();
  }
}

function echo(queue: string) {
  const runs = { count: 0 };
  @Injectable()
  class Worker {
    @OnJob(queue, { concurrency: 100 })
    run(data: unknown) {
      runs.count++;
      if (data === 'fail') {
        throw new Error('failed');
      }
      return data === 'stream' ? [1, 2, 3][Symbol.iterator]() : data;
    }
  }
  return { Worker, runs };
}

const heard = (ends: unknown[]): Partial<Observer<unknown>> => ({
  next: (value) => ends.push(value),
  error: (error) => ends.push(error),
});

it.each<[string, unknown, (source: Observable<unknown>) => Observable<unknown>]>([
  ['a teardown that throws at its completion', 'hostile', throwingTeardown(boom)],
  ['a teardown that throws what cannot be read', 'hostile', throwingTeardown(throwUnreadable)],
  ['a `finalize` that throws', 'hostile', finalize(boom)],
  ['a `finalize` that throws at its error', 'fail', finalize(boom)],
  [
    'a `take` whose teardown throws in the middle',
    'hostile',
    (source) => source.pipe(throwingTeardown(boom), take(1)),
  ],
  ['an operator that throws', 'hostile', map(boom)],
  [
    'an operator that throws, and a teardown that does',
    'hostile',
    (source) => source.pipe(throwingTeardown(boom), tap(boom)),
  ],
])('%s keeps no other request from its reply', async (_, data, hostile) => {
  const queue = randomQueue();
  const { Worker, runs } = echo(queue);
  const { client, log } = await startApp({ connection: server.url }, [Worker]);
  const good: unknown[] = [];
  const bad: unknown[] = [];
  for (let index = 0; index < 100; index++) {
    client.send(queue, index).subscribe(heard(good));
    if (index % 10 === 5) {
      hostile(client.send(queue, data)).subscribe(heard(bad));
    }
  }
  await waitFor(() => good.length === 100 && client.pending === 0);
  expect(good.toSorted((one, other) => Number(one) - Number(other))).toEqual(
    Array.from({ length: 100 }, (_value, index) => index),
  );
  expect(bad).toHaveLength(10);
  // Nothing is read again: no frame finds its request gone, and no job runs twice.
  expect(await firstValueFrom(client.send(queue, 'after'))).toBe('after');
  expect(client.droppedReplies).toBe(0);
  expect(runs.count).toBe(111);
  expect(log.text).not.toContain('cannot be');
  const lines = log.lines.filter((line) => line.includes('threw'));
  expect(lines.length).toBeLessThanOrEqual(1);
  lines.forEach((line) => expect(line).toContain(queue));
});

it('a subscriber that throws is heard of, once', async () => {
  const queue = randomQueue();
  const { Worker } = echo(queue);
  const { client, log } = await startApp({ connection: server.url }, [Worker]);
  for (let index = 0; index < 20; index++) {
    client.send(queue, index).pipe(finalize(boom)).subscribe();
  }
  await waitFor(() => client.pending === 0 && log.text.includes('threw'));
  const lines = log.lines.filter((line) => line.includes('threw'));
  expect(lines).toEqual([expect.stringContaining(`A subscriber of a request to queue "${queue}"`)]);
  expect(log.text).toContain('boom');
});

it('a subscriber that throws whatever it is told keeps no other from its reply', async () => {
  const queue = randomQueue();
  const { Worker } = echo(queue);
  const { client } = await startApp({ connection: server.url }, [Worker]);
  const good: unknown[] = [];
  for (let index = 0; index < 30; index++) {
    const data = ['fail', 'stream', 'value'][index % 3];
    client.send(queue, data).subscribe(new ThrowingSubscriber());
    client.send(queue, index).subscribe(heard(good));
  }
  await waitFor(() => good.length === 30 && client.pending === 0);
  expect(client.droppedReplies).toBe(0);
});

it('closing tells everybody, whoever throws', async () => {
  const queue = randomQueue();
  const { client } = await startApp({ connection: server.url, workers: false });
  const ends: unknown[] = [];
  for (let index = 0; index < 100; index++) {
    const source = client.send(queue, index);
    (index % 10 === 0 ? source.pipe(throwingTeardown(boom)) : source).subscribe({
      error: (error) => ends.push(error.code),
    });
  }
  await client.close();
  expect(ends).toEqual(Array.from({ length: 100 }, () => 'CLIENT_CLOSED'));
});

it('an abort tells everybody, whoever throws, and whatever the reason is', async () => {
  const queue = randomQueue();
  const { client } = await startApp({ connection: server.url, workers: false });
  const controller = new AbortController();
  const { signal } = controller;
  const reason = new Error('its reason cannot be read');
  Object.defineProperty(signal, 'reason', {
    get: () => {
      throw reason;
    },
  });
  const ends: unknown[] = [];
  for (let index = 0; index < 100; index++) {
    const source = client.send(queue, index, { signal });
    (index % 10 === 0 ? source.pipe(throwingTeardown(boom)) : source).subscribe({
      error: (error) => ends.push(error),
    });
  }
  controller.abort();
  expect(ends).toEqual(Array.from({ length: 100 }, () => reason));
  expect(client.pending).toBe(0);
});

it('a timeout tells everybody, whoever throws', async () => {
  const queue = randomQueue();
  const { client } = await startApp({ connection: server.url, workers: false, timeout: 200 });
  const ends: unknown[] = [];
  for (let index = 0; index < 100; index++) {
    const source = client.send(queue, index);
    (index % 10 === 0 ? source.pipe(finalize(boom)) : source).subscribe({
      error: (error) => ends.push(error),
    });
  }
  await waitFor(() => ends.length === 100);
  expect(ends.every((error) => error instanceof RequestTimeoutError)).toBe(true);
});

it.each<[string, () => unknown]>([
  ['throws', boom],
  ['throws what cannot be read', throwUnreadable],
  ['returns a promise that is rejected', () => Promise.reject(new Error('boom'))],
  ['returns what cannot be read', unreadable],
])('an `onPushed` that %s breaks no push', async (_, onPushed) => {
  const queue = randomQueue();
  const { Worker } = echo(queue);
  const { client, log } = await startApp({ connection: server.url }, [Worker]);
  const options = { onPushed: onPushed as () => void };
  const replies = Array.from({ length: 20 }, (_value, index) =>
    firstValueFrom(client.send(queue, index, options)),
  );
  const receipts = Array.from({ length: 20 }, () => firstValueFrom(client.emit(queue, 1, options)));
  expect(await Promise.all(replies)).toEqual(replies.map((_reply, index) => index));
  await Promise.all(receipts);
  await waitFor(() => log.text.includes(`onPushed of a call to queue "${queue}" threw`));
  expect(log.lines.filter((line) => line.includes('threw'))).toHaveLength(1);
});

it('one subscriber of a receipt keeps it from no other', async () => {
  const queue = randomQueue();
  const { client, log } = await startApp({ connection: server.url, workers: false });
  const receipt$ = client.emit(queue);
  receipt$.pipe(throwingTeardown(boom)).subscribe();
  receipt$.pipe(throwingTeardown(boom), take(1)).subscribe();
  const emitted = Array.from({ length: 20 }, () => firstValueFrom(client.emit(queue)));
  expect(await firstValueFrom(receipt$)).toMatchObject({ queueLength: 1 });
  expect(await Promise.all(emitted)).toHaveLength(20);
  expect(log.text).toContain(`A subscriber of a receipt from queue "${queue}" threw`);
  // And for one that comes late.
  expect(await firstValueFrom(receipt$)).toMatchObject({ queueLength: 1 });
});

it('a subscriber of `status$` that throws keeps the connections from nothing', async () => {
  const queue = randomQueue();
  const { Worker } = echo(queue);
  const { app, client, log } = await startApp({ connection: server.url }, [Worker]);
  client.status$.subscribe(new ThrowingSubscriber());
  client.status$.pipe(finalize(boom)).subscribe();
  const states: string[] = [];
  client.status$.subscribe((state) => states.push(state));
  expect(await firstValueFrom(client.send(queue, 1))).toBe(1);
  await server.cutConnections();
  await waitFor(() => states.length > 1);
  expect(await firstValueFrom(client.send(queue, 2))).toBe(2);
  expect(log.text).toContain('A subscriber of status$ threw: ');
  await app.close();
  expect(states.at(-1)).toBe('closed');
});

it.each<[string, unknown]>([
  ['a getter', Object.defineProperty({}, 'field', { enumerable: true, get: throwUnreadable })],
  ['a `toJSON`', { toJSON: throwUnreadable }],
  ['itself', unreadable()],
])('data that cannot be written fails its own request only: %s', async (_, data) => {
  const queue = randomQueue();
  const { Worker } = echo(queue);
  const { client, log } = await startApp({ connection: server.url }, [Worker]);
  const before = firstValueFrom(client.send(queue, 'before'));
  expect(await failureOf(client.send(queue, data))).toMatchObject({ code: 'SERIALIZATION' });
  expect(await failureOf(client.emit(queue, data))).toMatchObject({ code: 'SERIALIZATION' });
  client.emit(queue, data);
  expect(await before).toBe('before');
  expect(client.pending).toBe(0);
  await waitFor(() => log.text.includes('cannot be written as JSON'));
});

it('data that gives up its request, or closes the client, as it is written is not pushed', async () => {
  const queue = randomQueue();
  const { client } = await startApp({ connection: server.url, workers: false });
  await firstValueFrom(client.emit(randomQueue()));
  const controller = new AbortController();
  const aborting = { toJSON: () => controller.abort(new Error('enough')) };
  const error = await failureOf(client.send(queue, aborting, { signal: controller.signal }));
  expect(error).toMatchObject({ message: 'enough' });
  const closing = { toJSON: () => void client.close() };
  expect(await failureOf(client.send(queue, closing))).toMatchObject({ code: 'CLIENT_CLOSED' });
  expect(client.pending).toBe(0);
  await client.close();
  expect(await server.look.exists(`${queue}requests`)).toBe(0);
});

it.each<[string, unknown]>([
  ['a symbol', Symbol('queue')],
  ['an object that is no text', { toString: boom }],
  ['nothing', undefined],
])('a queue that is %s fails its own call only', async (_, queue) => {
  const { client, log } = await startApp({ connection: server.url, workers: false });
  expect(await failureOf(client.send(queue as string))).toMatchObject({ code: 'INVALID_OPTION' });
  expect(await failureOf(client.emit(queue as string))).toMatchObject({ code: 'INVALID_OPTION' });
  client.emit(queue as string);
  await waitFor(() => log.text.includes('Expected queue in a call'));
  expect(client.pending).toBe(0);
});
