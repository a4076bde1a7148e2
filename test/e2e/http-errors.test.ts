import {
  Catch,
  Controller,
  Get,
  Injectable,
  NotFoundException,
  UseFilters,
  type ArgumentsHost,
  type ExceptionFilter,
  type INestApplication,
  type ModuleMetadata,
} from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost, NestFactory } from '@nestjs/core';
import { EMPTY, lastValueFrom, type Observable } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  NoWorkersError,
  OnJob,
  RemoteError,
  ReqRepHttpErrors,
  ReqRepModule,
  RequestClient,
  type ReqRepModuleOptions,
} from '../../lib/index.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { RecordedLog } from '../support/recorded-log.js';
import { useServer } from '../support/server.js';

const server = useServer();
const queue = randomQueue();
const nobody = randomQueue();
const asking = randomQueue();

@Injectable()
class Worker {
  constructor(private readonly client: RequestClient) {}

  @OnJob(queue)
  run(data: string): unknown {
    switch (data) {
      case 'secret':
        throw new Error('the password is 1234');
      case 'missing':
        throw new NotFoundException('no such page');
      case 'long':
        return 'x'.repeat(4_000);
      case 'empty':
        return EMPTY;
      default:
        return data;
    }
  }

  @OnJob(asking)
  ask(): Promise<unknown> {
    return this.client.request(nobody, 1, { requireWorker: true });
  }
}

@Controller()
class Pages {
  constructor(private readonly client: RequestClient) {}

  @Get('reply')
  reply(): Observable<unknown> {
    return this.client.send(queue, 'reply');
  }

  @Get('timeout')
  timeout(): Observable<unknown> {
    return this.client.send(nobody, 1, { timeout: 20 });
  }

  @Get('nobody')
  nobody(): Promise<unknown> {
    return this.client.request(nobody, 1, { requireWorker: true });
  }

  @Get('large')
  large(): Observable<unknown> {
    return this.client.send(queue, 'x'.repeat(4_000));
  }

  @Get('large-reply')
  largeReply(): Observable<unknown> {
    return this.client.send(queue, 'long');
  }

  @Get('secret')
  secret(): Observable<unknown> {
    return this.client.send(queue, 'secret');
  }

  @Get('missing')
  missing(): Observable<unknown> {
    return this.client.send(queue, 'missing');
  }

  @Get('empty')
  empty(): Promise<unknown> {
    return this.client.request(queue, 'empty');
  }
}

@Controller('own')
@UseFilters(ReqRepHttpErrors)
class FilteredPages extends Pages {}

let app: INestApplication | undefined;
let log: RecordedLog;

afterEach(async () => {
  await app?.close();
});

async function listen(
  options: ReqRepModuleOptions,
  metadata: ModuleMetadata = {},
  prepare: (app: INestApplication) => void = () => undefined,
): Promise<(path: string) => Promise<{ status: number; body: unknown; retryAfter: unknown }>> {
  class AppModule {}
  log = new RecordedLog();
  app = await NestFactory.create(
    {
      module: AppModule,
      imports: [
        ReqRepModule.forRoot({ connection: server.url, maxPayload: 1_024, ...options }),
        ...(metadata.imports ?? []),
      ],
      providers: [Worker, ...(metadata.providers ?? [])],
      controllers: metadata.controllers ?? [Pages],
    },
    { logger: log },
  );
  prepare(app);
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return async (path) => {
    const response = await fetch(`${url}/${path}`);
    const text = await response.text();
    return {
      status: response.status,
      body: text.startsWith('{') ? JSON.parse(text) : text,
      retryAfter: response.headers.get('retry-after'),
    };
  };
}

const answer = (statusCode: number, message: string) =>
  expect.objectContaining({ status: statusCode, body: { statusCode, message } });

describe('an HTTP request that ends with an error of the library', () => {
  it('is a 500 by default', async () => {
    const get = await listen({});
    expect(await get('timeout')).toEqual(answer(500, 'Internal server error'));
  });

  it('has the status of its error, and exposes no internals', async () => {
    const get = await listen({ reqRepHttpErrors: true });
    expect(await get('timeout')).toEqual(answer(504, 'Gateway Timeout'));
    expect(await get('nobody')).toEqual(answer(503, 'Service Unavailable'));
    expect(await get('large')).toEqual(answer(413, 'Payload Too Large'));
    expect(await get('large-reply')).toEqual(answer(500, 'Internal Server Error'));
    expect(await get('secret')).toEqual(answer(500, 'Internal Server Error'));
    expect((await get('nobody')).retryAfter).toBeNull();
    const lines = log.lines.map(String).join('\n');
    expect(lines).toContain(
      `A request to the application failed: NoWorkersError: No live worker serves`,
    );
    expect(lines).toContain(
      'A request to the application failed: RemoteError: the password is 1234',
    );
    expect(lines).not.toContain(
      'A request to the application failed: PayloadTooLargeError: The request',
    );
    expect(lines.split('failed: NoWorkersError')).toHaveLength(2);
  });

  it('does not change replies and HTTP exceptions', async () => {
    const get = await listen({ reqRepHttpErrors: true });
    expect(await get('reply')).toMatchObject({ status: 200, body: 'reply' });
    expect(await get('empty')).toMatchObject({ status: 200, body: '' });
    expect(await get('missing')).toMatchObject({
      status: 404,
      body: { message: 'no such page', error: 'Not Found', statusCode: 404 },
    });
    expect(await get('nowhere')).toMatchObject({ status: 404 });
  });

  it('shows messages with `exposeMessages` and a Retry-After with `retryAfter`', async () => {
    const get = await listen({ reqRepHttpErrors: { exposeMessages: true, retryAfter: 5 } });
    expect(await get('secret')).toEqual(answer(500, 'the password is 1234'));
    expect((await get('nobody')).retryAfter).toBe('5');
    expect((await get('timeout')).retryAfter).toBeNull();
  });

  it.each<[string, ModuleMetadata, (app: INestApplication) => void]>([
    [
      'useGlobalFilters',
      {},
      (own) => own.useGlobalFilters(new ReqRepHttpErrors(own.get(HttpAdapterHost))),
    ],
    [
      'useGlobalFilters, with the adapter itself',
      {},
      (own) => own.useGlobalFilters(new ReqRepHttpErrors(own.getHttpAdapter())),
    ],
    [
      'APP_FILTER',
      { providers: [{ provide: APP_FILTER, useClass: ReqRepHttpErrors }] },
      () => undefined,
    ],
  ])('is handled by the filter as %s, too', async (_, metadata, prepare) => {
    const get = await listen({}, metadata, prepare);
    expect(await get('nobody')).toEqual(answer(503, 'Service Unavailable'));
  });

  it('is handled by the filter of one controller, too', async () => {
    const get = await listen({}, { controllers: [Pages, FilteredPages] });
    expect(await get('own/nobody')).toEqual(answer(503, 'Service Unavailable'));
    expect(await get('nobody')).toEqual(answer(500, 'Internal server error'));
  });

  it('is handled by a filter of the application first', async () => {
    @Catch(NoWorkersError)
    class Own implements ExceptionFilter {
      catch(_error: NoWorkersError, host: ArgumentsHost): void {
        host.switchToHttp().getResponse().status(418).send('own');
      }
    }
    const get = await listen({ reqRepHttpErrors: true }, {}, (own) =>
      own.useGlobalFilters(new Own()),
    );
    expect(await get('nobody')).toMatchObject({ status: 418, body: 'own' });
    expect(await get('timeout')).toEqual(answer(504, 'Gateway Timeout'));
  });
});

describe('an error outside HTTP is not changed by the filter', () => {
  it('of a job', async () => {
    let started: INestApplication | undefined;
    await listen({ reqRepHttpErrors: true, globalEnhancers: true }, {}, (own) => (started = own));
    const error = await failureOf(started?.get(RequestClient).send(asking) ?? EMPTY);
    expect(error).toBeInstanceOf(RemoteError);
    expect(error).toMatchObject({ remote: { code: 'NO_WORKERS' } });
  });

  it('of GraphQL and of a microservice', async () => {
    const filter = new ReqRepHttpErrors(new HttpAdapterHost());
    const error = new NoWorkersError('queue');
    const hostOf = (type: string) => ({ getType: () => type }) as unknown as ArgumentsHost;
    for (const type of ['graphql', 'ws', 'reqrep']) {
      expect(() => filter.catch(error, hostOf(type))).toThrow(error);
    }
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const given = filter.catch(error, hostOf('rpc')) as Observable<never>;
    const sent = await lastValueFrom(given).catch((reason: unknown) => reason);
    expect(sent).toEqual({ status: 'error', message: 'Internal server error' });
  });

  it('a filter without an adapter is rejected', () => {
    expect(() => new ReqRepHttpErrors(undefined as never)).toThrow(
      'Expected the adapter of ReqRepHttpErrors to be `app.get(HttpAdapterHost)` or `app.getHttpAdapter()`, got `undefined`',
    );
  });
});
