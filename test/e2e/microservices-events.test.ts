import { Controller, Injectable, Scope, type Type } from '@nestjs/common';
import {
  ClientProxy,
  Ctx,
  EventPattern,
  MessagePattern,
  Payload,
  RpcException,
} from '@nestjs/microservices';
import { concat, firstValueFrom, of, throwError, type Observable } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createReqRep } from '../../lib/core/index.js';
import type { JobFailure } from '../../lib/index.js';
import { ExposeErrorsFilter, type ReqRepContext } from '../../lib/microservices/index.js';
import { failureOf } from '../support/failure-of.js';
import { clientOf, startService } from '../support/microservice.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

/** What the handlers of a test were called with, in their order. */
const calls: unknown[] = [];

@Controller()
class Events {
  @EventPattern('created')
  created(id: string): void {
    calls.push(['created', id]);
  }

  @EventPattern({ event: 'object' })
  async object(@Payload() id: string, @Ctx() context: ReqRepContext): Promise<void> {
    calls.push([context.getPattern(), id]);
  }

  @EventPattern('observed')
  observed(id: string): Observable<string> {
    calls.push(['observed', id]);
    return of('a', 'b');
  }

  @EventPattern('failing')
  failing(id: string): void {
    calls.push(['failing', id]);
    throw new RpcException({ code: 'NO_MAIL', message: `no mail for ${id}` });
  }

  @EventPattern('broken')
  broken(id: string): void {
    throw new Error(`a secret of ${id}`);
  }

  @EventPattern('half')
  half(id: string): Observable<string> {
    return concat(
      of('a'),
      throwError(() => new RpcException(`half of ${id}`)),
    );
  }

  @EventPattern('pulled')
  *pulled(id: string): Generator<string> {
    calls.push(['pulled', id]);
    yield 'ignored';
  }

  @EventPattern('twice')
  first(id: string): void {
    calls.push(['first', id]);
    throw new RpcException('the first failed');
  }

  @MessagePattern('both')
  message(): string {
    return 'reply';
  }

  @EventPattern('both')
  event(id: string): void {
    calls.push(['event', id]);
  }
}

let release: () => void = () => undefined;

@Controller()
class MoreEvents {
  @EventPattern('pulled')
  async *pulled(id: string): AsyncGenerator<string> {
    calls.push(['pulled, too', id]);
    yield 'ignored';
  }

  @EventPattern('twice')
  async second(id: string): Promise<void> {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    calls.push(['second', id]);
  }

  @EventPattern('both')
  event(id: string): Observable<string> {
    calls.push(['another event', id]);
    return of('ignored');
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerEvent {}

@Controller()
class ScopedEvents {
  constructor(readonly each: PerEvent) {}

  @EventPattern('both')
  event(id: string): void {
    calls.push(['scoped event', id]);
  }
}

async function start(controllers: Type[] = [Events, MoreEvents], exposed = false) {
  calls.length = 0;
  const queue = randomQueue();
  const service = await startService(
    { connection: server.url, queue },
    { controllers, providers: [PerEvent] },
    (app) => exposed && app.useGlobalFilters(new ExposeErrorsFilter()),
  );
  const client = clientOf({ connection: server.url, queue });
  const { admin, close } = createReqRep({ connection: server.url, logger: false });
  onTestFinished(close);
  const letters = () => admin.deadLetters(queue).list();
  const idle = (): boolean => service.server.unwrap().status.queues.every(({ busy }) => busy === 0);
  return { ...service, queue, client, letters, idle };
}

it('reaches its handler, whether anybody subscribes or not', async () => {
  const { client, queue, idle } = await start();
  expect(await firstValueFrom(client.emit('created', 'a'))).toEqual({
    id: expect.any(String),
    queue,
    queueLength: 1,
  });
  client.emit({ event: 'object' }, 'b');
  client.emit('observed', 'c');
  await waitFor(() => calls.length === 3 && idle());
  expect(calls).toEqual([
    ['created', 'a'],
    ['{"event":"object"}', 'b'],
    ['observed', 'c'],
  ]);
});

it('waits for a service that starts later', async () => {
  calls.length = 0;
  const queue = randomQueue();
  const client = clientOf({ connection: server.url, queue });
  await firstValueFrom(client.emit('created', 'early'));
  expect(calls).toEqual([]);
  await startService({ connection: server.url, queue }, { controllers: [Events] });
  await waitFor(() => calls.length === 1);
});

it('is a dead letter with what the filter made of the error, and in the log', async () => {
  const { client, letters, log } = await start();
  client.emit('failing', 'a');
  client.emit('half', 'b');
  await waitFor(async () => (await letters()).length === 2);
  expect(await letters()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        reason: 'failed',
        data: 'a',
        headers: { 'nest-pattern': 'failing' },
        message: 'no mail for a',
      }),
      expect.objectContaining({ data: 'b', message: 'half of b' }),
    ]),
  );
  expect(log.text).toContain('no mail for a');
});

it('is a dead letter with the error itself where the filter exposes errors', async () => {
  const { client, letters } = await start([Events], true);
  client.emit('broken', 'a');
  await waitFor(async () => (await letters()).length === 1);
  expect(await letters()).toMatchObject([{ data: 'a', message: 'a secret of a' }]);
});

it('tells listeners of the server of failures', async () => {
  const { client, server: microservice } = await start();
  const failures: JobFailure[] = [];
  microservice.on('failure', (failure) => failures.push(failure));
  client.emit('failing', 'a');
  await waitFor(() => failures.length === 1);
  expect(failures).toMatchObject([{ error: { message: 'no mail for a' } }]);
});

it('runs all of its handlers to their ends, also where the first fails', async () => {
  const { client, letters, idle } = await start();
  client.emit('twice', 'a');
  await waitFor(() => calls.length === 1);
  expect(idle()).toBe(false);
  expect(await letters()).toEqual([]);
  release();
  await waitFor(async () => (await letters()).length === 1);
  expect(calls).toEqual([
    ['first', 'a'],
    ['second', 'a'],
  ]);
  expect(await letters()).toMatchObject([{ message: 'the first failed' }]);
});

it('runs the generators of all of its handlers', async () => {
  const { client } = await start();
  client.emit('pulled', 'a');
  await waitFor(() => calls.length === 2);
  expect(calls).toEqual([
    ['pulled', 'a'],
    ['pulled, too', 'a'],
  ]);
});

it('reaches the handlers of events, and a request with the same pattern that of the message', async () => {
  const { client, idle } = await start([Events, MoreEvents, ScopedEvents]);
  expect(await firstValueFrom(client.send('both', 'a'))).toBe('reply');
  expect(calls).toEqual([]);
  client.emit('both', 'b');
  await waitFor(() => calls.length === 3 && idle());
  expect(calls).toEqual(
    expect.arrayContaining([
      ['event', 'b'],
      ['another event', 'b'],
      ['scoped event', 'b'],
    ]),
  );
});

it('without a handler is a dead letter that says so', async () => {
  const { client, letters } = await start();
  client.emit('unknown', 'a');
  await waitFor(async () => (await letters()).length === 1);
  expect(await letters()).toMatchObject([
    {
      message:
        'There is no matching event handler defined in the remote service. Event pattern: unknown',
    },
  ]);
});

it('that is not stored ends with the error, for who subscribes', async () => {
  const { client } = await start();
  await client.close();
  expect(await failureOf(client.emit('created', 'a'))).toMatchObject({ code: 'CLIENT_CLOSED' });
  expect(await failureOf(client.send('both', 'a'))).toMatchObject({ code: 'CLIENT_CLOSED' });
});

describe('that is refused before it is sent', () => {
  const NO_TEXT = { toJSON: 1, deep: [Symbol('no text')] };

  it.each([
    ['no pattern', undefined, 'a', /invalid data or message pattern/],
    ['no data', 'created', null, /invalid data or message pattern/],
    ['a symbol as its pattern', Symbol('x'), 'a', /the pattern of a message to queue ".*" to be a/],
    ['a pattern that has no text', NO_TEXT, 'a', /Symbol/],
  ])('with %s tells who subscribes, or else the log', async (_, pattern, data, message) => {
    const { client, log } = await start();
    const sent = client.emit(pattern, data);
    expect(await failureOf(sent)).toMatchObject({ message: expect.stringMatching(message) });
    expect(log.lines).toEqual([]);
    client.emit(pattern, data);
    await waitFor(() => log.text.includes('An event was not sent: '));
    expect(log.text).toMatch(message);
  });

  // Nest 11 has no such hook.
  it.runIf('setOnDispatchHook' in ClientProxy.prototype)('by a dispatch hook, too', async () => {
    const { client } = await start();
    client.setOnDispatchHook(() => {
      throw new Error('of a hook');
    });
    expect(await failureOf(client.emit('created', 'a'))).toMatchObject({ message: 'of a hook' });
    expect(await failureOf(client.send('both', 'a'))).toMatchObject({ message: 'of a hook' });
  });
});

it('keeps its place among the messages of a client, from the first message on', async () => {
  calls.length = 0;
  const queue = randomQueue();
  await startService({ connection: server.url, queue, concurrency: 1 }, { controllers: [Events] });
  const client = clientOf({ connection: server.url, queue });
  const first = firstValueFrom(client.send('created', 'a'));
  client.emit('created', 'b');
  const last = firstValueFrom(client.send('created', 'c'));
  await Promise.all([first, last]);
  expect(calls).toEqual(['a', 'b', 'c'].map((id) => ['created', id]));
});
