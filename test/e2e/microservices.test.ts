import { Controller, Module } from '@nestjs/common';
import {
  ClientsModule,
  Ctx,
  MessagePattern,
  Payload,
  RpcException,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import {
  concat,
  EMPTY,
  firstValueFrom,
  from,
  lastValueFrom,
  NEVER,
  of,
  take,
  tap,
  throwError,
  toArray,
  type Observable,
} from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { NotFoundException } from '@nestjs/common';
import { InvalidOptionError, RemoteError, RequestTimeoutError } from '../../lib/index.js';
import { createReqRep } from '../../lib/core/index.js';
import {
  ExposeErrorsFilter,
  REQREP_TRANSPORT,
  ReqRepClient,
  ReqRepContext,
  ReqRepRecord,
  ReqRepRecordBuilder,
  ReqRepServer,
} from '../../lib/microservices/index.js';
import { failureOf } from '../support/failure-of.js';
import { clientOf, startService } from '../support/microservice.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

@Controller()
class Sums {
  readonly begun: string[] = [];
  readonly aborted: unknown[] = [];

  @MessagePattern({ cmd: 'sum' })
  sum(values: number[]): number {
    return sumOf(values);
  }

  @MessagePattern({ cmd: 'later' })
  async later(values: number[]): Promise<number> {
    return sumOf(values);
  }

  @MessagePattern({ cmd: 'observed' })
  observed(values: number[]): Observable<number> {
    return of(sumOf(values));
  }

  @MessagePattern({ cmd: 'both' })
  async both(values: number[]): Promise<Observable<number>> {
    return of(sumOf(values));
  }

  @MessagePattern({ cmd: 'stream' })
  stream(values: number[]): Observable<number> {
    return from(values);
  }

  @MessagePattern({ cmd: 'slow stream' })
  slowStream(values: number[]): Observable<number> {
    return concat(from(values), NEVER);
  }

  @MessagePattern({ cmd: 'pulled' })
  async *pulled(values: number[]): AsyncGenerator<number> {
    yield* values;
  }

  @MessagePattern('pull, then fail')
  async *pullAndFail(error: object | null): AsyncGenerator<number> {
    yield 1;
    throw error ? new RpcException(error) : new Error('a secret of a generator');
  }

  @MessagePattern({ cmd: 'empty' })
  empty(): Observable<never> {
    return EMPTY;
  }

  @MessagePattern({ cmd: 'half' })
  half(): Observable<number> {
    return concat(
      of(1),
      throwError(() => new RpcException('half')),
    );
  }

  @MessagePattern('text')
  text(): string {
    return 'text';
  }

  @MessagePattern({ cmd: 'nothing' })
  nothing(): void {}

  @MessagePattern('ours', REQREP_TRANSPORT)
  ours(): string {
    return 'ours';
  }

  @MessagePattern('theirs', Symbol('another transport'))
  theirs(): string {
    return 'theirs';
  }

  @MessagePattern('refuse')
  refuse(error: string | object): never {
    throw new RpcException(error);
  }

  @MessagePattern('fail')
  fail(): never {
    throw new Error('a secret');
  }

  @MessagePattern('missing')
  missing(): never {
    throw new NotFoundException('no such report');
  }

  @MessagePattern('wait')
  wait(@Payload() id: string, @Ctx() context: ReqRepContext): Promise<never> {
    this.begun.push(id);
    return new Promise((_, reject) => {
      context.signal.addEventListener('abort', () => {
        this.aborted.push(id);
        reject(context.signal.reason);
      });
    });
  }

  @MessagePattern('look')
  look(@Payload('id') id: string, @Ctx() context: ReqRepContext): object {
    return {
      id,
      pattern: context.getPattern(),
      headers: context.getHeaders(),
      queue: context.getJob().queue,
      attempt: context.getJob().attempt,
      hasDeadline: context.getJob().deadline !== undefined,
      args: context.getArgs().length,
    };
  }
}

async function start(options: object = {}) {
  const queue = randomQueue();
  const service = await startService(
    { connection: server.url, queue, ...options },
    { controllers: [Sums] },
  );
  const client = clientOf({ connection: server.url, queue });
  const ask = (pattern: unknown, data: unknown = {}): Promise<unknown> =>
    lastValueFrom(client.send(pattern, data));
  const refusal = (pattern: unknown, data: unknown = {}): Promise<unknown> =>
    failureOf(client.send(pattern, data));
  return { ...service, queue, client, ask, refusal, sums: service.app.get(Sums) };
}

const NUMBERS = [1, 2, 3, 4, 5];

describe('a message', () => {
  it.each(['sum', 'later', 'observed', 'both'])(
    'gets its reply from a handler of kind %s',
    async (cmd) => {
      const { client } = await start();
      const values = await lastValueFrom(client.send({ cmd }, NUMBERS).pipe(toArray()));
      expect(values).toEqual([15]);
    },
  );

  it('gets its own reply among ten at once', async () => {
    const { ask } = await start();
    const sums = Array.from({ length: 10 }, (_, index) => ask({ cmd: 'sum' }, [index, 1]));
    expect(await Promise.all(sums)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('gets a stream, from an Observable and from a generator', async () => {
    const { client } = await start();
    for (const cmd of ['stream', 'pulled']) {
      const values = await lastValueFrom(client.send({ cmd }, NUMBERS).pipe(toArray()));
      expect(values).toEqual(NUMBERS);
    }
    const none = await lastValueFrom(client.send({ cmd: 'empty' }, {}).pipe(toArray()));
    expect(none).toEqual([]);
  });

  it('gets each value of a stream when it is there, and cancels the rest', async () => {
    const { client, server: microservice } = await start();
    const values = await lastValueFrom(
      client.send({ cmd: 'slow stream' }, NUMBERS).pipe(take(5), toArray()),
    );
    expect(values).toEqual(NUMBERS);
    await waitFor(() => microservice.unwrap().status.queues.every(({ busy }) => busy === 0));
  });

  it('gets the values of a stream before its error', async () => {
    const { client } = await start();
    const got: unknown[] = [];
    const failure = await failureOf(
      client.send({ cmd: 'half' }, {}).pipe(tap((value) => got.push(value))),
    );
    expect(got).toEqual([1]);
    expect(failure).toEqual({ status: 'error', message: 'half' });
  });

  it('reaches handlers by texts, and by objects whatever the order of their keys', async () => {
    const { ask } = await start();
    expect(await ask('text')).toBe('text');
    expect(await ask('ours')).toBe('ours');
    expect(await ask({ cmd: 'nothing' })).toBeUndefined();
    expect(await ask('{"cmd":"sum"}', NUMBERS)).toBe(15);
  });

  it.each([['unknown'], ['theirs'], [{ cmd: 'unknown' }]])(
    'gets the error of Nest for the pattern %s, which nobody handles',
    async (pattern) => {
      const { refusal, log } = await start();
      expect(await refusal(pattern)).toBe(
        'There is no matching message handler defined in the remote service.',
      );
      expect(log.text).toMatch(/has the pattern .*; the handlers of the queue are for /);
    },
  );

  it('without data or pattern is refused, as by every client of Nest', async () => {
    const { client } = await start();
    for (const call of [client.send('sum', undefined), client.emit('sum', null)]) {
      expect(await failureOf(call)).toMatchObject({
        message: expect.stringContaining('invalid data or message pattern'),
      });
    }
  });
});

describe('an error', () => {
  it('is the text or the object of an RpcException', async () => {
    const { refusal, log } = await start();
    expect(await refusal('refuse', 'sold out')).toEqual({
      status: 'error',
      message: 'sold out',
    });
    const error = { code: 'SOLD_OUT', left: [0] };
    expect(await refusal('refuse', error)).toEqual(error);
    expect(log.lines).toEqual([]);
  });

  it('of another kind is hidden, but in the log', async () => {
    const { refusal, log } = await start();
    const hidden = { status: 'error', message: 'Internal server error' };
    expect(await refusal('fail')).toEqual(hidden);
    expect(await refusal('missing')).toEqual(hidden);
    expect(log.text).toContain('a secret');
  });

  it('of a generator is that of any handler, behind its values', async () => {
    const { client, log } = await start();
    const ends = async (error: object | null): Promise<unknown> => {
      const got: unknown[] = [];
      const values = client.send('pull, then fail', new ReqRepRecord(error));
      return [await failureOf(values.pipe(tap((value) => got.push(value)))), got];
    };
    expect(await ends({ code: 'X' })).toEqual([{ code: 'X' }, [1]]);
    expect(await ends(null)).toEqual([{ status: 'error', message: 'Internal server error' }, [1]]);
    expect(log.text).toContain('a secret of a generator');
  });

  it('of another kind arrives where the filter exposes errors', async () => {
    const queue = randomQueue();
    await startService({ connection: server.url, queue }, { controllers: [Sums] }, (app) =>
      app.useGlobalFilters(new ExposeErrorsFilter()),
    );
    const client = clientOf({ connection: server.url, queue });
    const failed = await failureOf(client.send('fail', {}));
    expect(failed).toBeInstanceOf(RemoteError);
    expect(failed).toMatchObject({ message: 'a secret' });
    const missing = await failureOf(client.send('missing', {}));
    expect(missing).toBeInstanceOf(NotFoundException);
    expect(await failureOf(client.send('refuse', 'sold out'))).toEqual({
      status: 'error',
      message: 'sold out',
    });
  });

  it('reaches a caller without Nest by the name of its class', async () => {
    const { queue } = await start();
    const reqRep = createReqRep({ connection: server.url });
    onTestFinished(reqRep.close);
    const call = reqRep.client.send(queue, { code: 7 }, { headers: { 'nest-pattern': 'refuse' } });
    expect(await failureOf(call)).toMatchObject({
      remote: { name: 'RpcException', code: 7, details: { code: 7 } },
    });
    expect(
      await reqRep.client.request(queue, [1], { headers: { 'nest-pattern': '{"cmd":"sum"}' } }),
    ).toBe(1);
    expect(await failureOf(reqRep.client.send(queue, {}))).toMatchObject({
      message: 'There is no matching message handler defined in the remote service.',
    });
  });

  it('is a timeout where nobody answers in time', async () => {
    const { client } = await start();
    const record = new ReqRepRecordBuilder('a').setOptions({ timeout: 50 }).build();
    expect(await failureOf(client.send('wait', record))).toBeInstanceOf(RequestTimeoutError);
    const nobody = clientOf({ connection: server.url, queue: randomQueue(), timeout: 50 });
    expect(await failureOf(nobody.send('sum', [1]))).toBeInstanceOf(RequestTimeoutError);
  });
});

describe('a handler', () => {
  it('gets the pattern, the headers and the job', async () => {
    const { client, queue } = await start();
    const record = new ReqRepRecordBuilder({ id: 'A7' }).setHeaders({ tenant: 'acme' }).build();
    expect(await lastValueFrom(client.send('look', record))).toEqual({
      id: 'A7',
      pattern: 'look',
      headers: { tenant: 'acme' },
      queue,
      attempt: 1,
      hasDeadline: true,
      args: 2,
    });
  });

  it('is cancelled where the caller unsubscribes', async () => {
    const { client, sums } = await start();
    const sent = client.send('wait', 'a').subscribe();
    await waitFor(() => sums.begun.includes('a'));
    sent.unsubscribe();
    await waitFor(() => sums.aborted.includes('a'));
  });
});

it('a message of a handler inherits the deadline of its own message, unless it says otherwise', async () => {
  const [queue, inner] = [randomQueue(), randomQueue()];
  const client = clientOf({ connection: server.url, queue: inner });
  @Controller()
  class Outer {
    @MessagePattern('outer')
    outer(inherit: boolean): Observable<unknown> {
      const record = new ReqRepRecordBuilder({}).setOptions({ timeout: 90_000, inherit }).build();
      return client.send('time left', record);
    }
  }
  @Controller()
  class Inner {
    @MessagePattern('time left')
    timeLeft(@Ctx() context: ReqRepContext): number {
      return context.getJob().timeLeft();
    }
  }
  await startService({ connection: server.url, queue }, { controllers: [Outer] });
  await startService({ connection: server.url, queue: inner }, { controllers: [Inner] });
  const caller = clientOf({ connection: server.url, queue, timeout: 20_000 });
  expect(await lastValueFrom(caller.send('outer', true))).toBeLessThanOrEqual(20_000);
  expect(await lastValueFrom(caller.send('outer', false))).toBeGreaterThan(20_000);
});

describe('options', () => {
  it.each([
    [{}, /queue in the options of ReqRep(Server|Client) to be a non-empty string, got `undefined`/],
    [{ queue: '' }, /queue in the options of/],
    [{ queue: 'a', concurency: 1 }, /did you mean `concurrency`/],
    [undefined, /the options of ReqRep(Server|Client) to be an object/],
  ])('%j are refused before anything connects', (options, message) => {
    for (const Class of [ReqRepServer, ReqRepClient]) {
      expect(() => new Class(options as never)).toThrow(InvalidOptionError);
      expect(() => new Class(options as never)).toThrow(message);
    }
  });

  it('of a call are checked when it is sent', async () => {
    const { client } = await start();
    const record = new ReqRepRecordBuilder([1]).setOptions({ timeout: -1 }).build();
    expect(await failureOf(client.send('sum', record))).toBeInstanceOf(InvalidOptionError);
  });

  it('may be made by factories, of the service and of the client', async () => {
    const queue = randomQueue();
    const options = { provide: 'OPTIONS', useValue: { connection: server.url, queue } };
    @Module({ providers: [options], exports: [options], controllers: [Sums] })
    class OptionsModule {}
    @Module({
      imports: [
        OptionsModule,
        ClientsModule.registerAsync([
          {
            name: 'SERVICE',
            imports: [OptionsModule],
            inject: ['OPTIONS'],
            useFactory: async (injected: Record<string, unknown>) => ({
              customClass: ReqRepClient,
              options: injected,
            }),
          },
        ]),
      ],
    })
    class AppModule {}
    const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
    const app = module.createNestMicroservice<MicroserviceOptions>({
      strategy: new ReqRepServer(module.get('OPTIONS', { strict: false })),
    });
    await app.listen();
    onTestFinished(() => app.close());
    const client = module.get<ReqRepClient>('SERVICE', { strict: false });
    expect(await firstValueFrom(client.send({ cmd: 'sum' }, NUMBERS))).toBe(15);
  });
});
