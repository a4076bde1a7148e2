import { AsyncLocalStorage } from 'node:async_hooks';
import {
  BadRequestException,
  CallHandler,
  CanActivate,
  Catch,
  Controller,
  ExceptionFilter,
  ExecutionContext,
  ForbiddenException,
  Get,
  HttpException,
  Injectable,
  NestInterceptor,
  PipeTransform,
  Scope,
  SetMetadata,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
  type ArgumentsHost,
  type ContextType,
  type Provider,
} from '@nestjs/common';
import {
  APP_FILTER,
  APP_GUARD,
  APP_INTERCEPTOR,
  APP_PIPE,
  NestFactory,
  Reflector,
} from '@nestjs/core';
import { IsInt, Min } from 'class-validator';
import {
  defer,
  endWith,
  firstValueFrom,
  lastValueFrom,
  map,
  mergeMap,
  Observable,
  of,
  startWith,
  Subject,
  switchMap,
  take,
  tap,
  throwError,
  toArray,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  JobContext,
  OnJob,
  RemoteError,
  ReqRepModule,
  RequestClient,
  switchToReqRep,
  type ReqRepContextType,
} from '../../lib/index.js';
import { startApp, startModule } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

const ask = (client: RequestClient, queue: string, data?: unknown): Promise<unknown> =>
  lastValueFrom(client.send(queue, data));

const start = (providers: Provider[], options: object = {}) =>
  startApp({ connection: server.url, ...options }, providers);

describe('a guard', () => {
  @Injectable()
  class Names {
    readonly allowed = ['ann'];
  }

  @Injectable()
  class NameGuard implements CanActivate {
    constructor(
      private readonly names: Names,
      private readonly reflector: Reflector,
    ) {}

    canActivate(context: ExecutionContext): boolean {
      const names = this.reflector.getAllAndOverride<string[]>('names', [
        context.getHandler(),
        context.getClass(),
      ]);
      const { name } = switchToReqRep(context).getData<{ name: string }>();
      return [...this.names.allowed, ...names].includes(name);
    }
  }

  it('runs before the handler, with its dependencies and the metadata of method and class', async () => {
    const [first, second] = [randomQueue(), randomQueue()];
    @Injectable()
    @UseGuards(NameGuard)
    @SetMetadata('names', ['of the class'])
    class Worker {
      @OnJob(first)
      plain() {
        return 'done';
      }

      @OnJob(second)
      @SetMetadata('names', ['of the method'])
      marked() {
        return 'done';
      }
    }
    const { client } = await start([Names, Worker]);
    expect(await ask(client, first, { name: 'ann' })).toBe('done');
    expect(await ask(client, first, { name: 'of the class' })).toBe('done');
    expect(await ask(client, second, { name: 'of the method' })).toBe('done');
    for (const [queue, name] of [
      [first, 'of the method'],
      [second, 'of the class'],
    ] as const) {
      const error = await failureOf(client.send(queue, { name }));
      expect(error).toBeInstanceOf(HttpException);
      expect(error).toMatchObject({ status: 403, message: 'Forbidden resource' });
    }
  });

  it('sees a context of type "reqrep", with the class, the method and the job', async () => {
    const queue = randomQueue();
    const seen: unknown[] = [];
    @Injectable()
    class Look implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        seen.push(
          context.getType<ContextType | ReqRepContextType>(),
          context.getClass(),
          context.getHandler().name,
          switchToReqRep(context).getData(),
          switchToReqRep(context).getJob(),
        );
        return true;
      }
    }
    @Injectable()
    class Worker {
      @UseGuards(Look)
      @OnJob(queue)
      run(_data: unknown, job: JobContext) {
        return job.id;
      }
    }
    const { client } = await start([Worker]);
    const id = await ask(client, queue, 'data');
    expect(seen).toEqual(['reqrep', Worker, 'run', 'data', expect.any(JobContext)]);
    expect(seen[4]).toMatchObject({ id, queue });
  });

  class No implements CanActivate {
    static asked = 0;

    canActivate(): boolean {
      No.asked += 1;
      return false;
    }
  }

  /** A class whose guard must run, however the class is provided. */
  function guarded() {
    const queue = randomQueue();
    @UseGuards(No)
    class Guarded {
      @OnJob(queue)
      run() {
        return 'ran';
      }
    }
    return { queue, Guarded };
  }

  it.each<[string, (guarded: new () => object) => Parameters<typeof startModule>[0]]>([
    ['a provider', (Guarded) => ({ providers: [Guarded] })],
    ['a controller', (Guarded) => ({ controllers: [Guarded] })],
    ['a class under a token', (Guarded) => ({ providers: [{ provide: 'it', useClass: Guarded }] })],
    [
      'a factory',
      (Guarded) => ({ providers: [{ provide: 'it', useFactory: () => new Guarded() }] }),
    ],
    ['a value', (Guarded) => ({ providers: [{ provide: 'it', useValue: new Guarded() }] })],
  ])('runs for the handler of %s', async (_, partsOf) => {
    const { queue, Guarded } = guarded();
    const { imports = [], ...parts } = partsOf(Guarded);
    const { client } = await startModule({
      imports: [...imports, ReqRepModule.forRoot({ connection: server.url })],
      ...parts,
    });
    No.asked = 0;
    expect(await failureOf(client.send(queue))).toMatchObject({ status: 403 });
    expect(No.asked).toBe(1);
  });

  it('may be request-scoped, and its providers can inject the job', async () => {
    const queue = randomQueue();
    let made = 0;
    @Injectable({ scope: Scope.REQUEST })
    class Once implements CanActivate {
      constructor(readonly names: Names) {
        made += 1;
      }

      canActivate(): boolean {
        return this.names.allowed.length > 0;
      }
    }
    @Injectable()
    class Worker {
      @UseGuards(Once)
      @OnJob(queue)
      run() {
        return 'ran';
      }
    }
    const { client } = await start([Names, Worker]);
    expect([await ask(client, queue), await ask(client, queue)]).toEqual(['ran', 'ran']);
    expect(made).toBe(2);
  });
});

describe('a pipe', () => {
  class Order {
    @IsInt()
    @Min(1)
    amount!: number;
  }

  it('that rejects the data ends the request with its HttpException', async () => {
    const queue = randomQueue();
    @Injectable()
    class Worker {
      @UsePipes(new ValidationPipe({ transform: true }))
      @OnJob(queue)
      run(order: Order, job: JobContext) {
        return [order instanceof Order, order.amount, job instanceof JobContext];
      }
    }
    const { client } = await start([Worker]);
    expect(await ask(client, queue, { amount: 2 })).toEqual([true, 2, true]);
    const error = await failureOf(client.send(queue, { amount: 0 }));
    expect(error).toBeInstanceOf(HttpException);
    expect(error).toMatchObject({
      status: 400,
      response: { message: ['amount must not be less than 1'], error: 'Bad Request' },
    });
  });

  it('runs on the data, not on the context of the job', async () => {
    const queue = randomQueue();
    @Injectable()
    class Note implements PipeTransform {
      transform(value: unknown) {
        return { noted: value };
      }
    }
    @Injectable()
    @UsePipes(Note)
    class Worker {
      @UsePipes(Note)
      @OnJob(queue)
      run(data: unknown, job: JobContext) {
        return [data, job.attempt];
      }
    }
    const { client } = await start([Worker]);
    expect(await ask(client, queue, 1)).toEqual([{ noted: { noted: 1 } }, 1]);
  });
});

describe('an interceptor', () => {
  @Injectable()
  class Wrap implements NestInterceptor {
    intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
      return next.handle().pipe(map((value) => ({ value })));
    }
  }

  it('changes the reply', async () => {
    const queue = randomQueue();
    @Injectable()
    @UseInterceptors(Wrap)
    class Worker {
      @UseInterceptors(Wrap)
      @OnJob(queue)
      async run(data: number) {
        return data * 2;
      }
    }
    const { client } = await start([Worker]);
    expect(await firstValueFrom(client.send(queue, 2).pipe(toArray()))).toEqual([
      { value: { value: 4 } },
    ]);
  });

  it('gets each value of a stream', async () => {
    const [generated, observed] = [randomQueue(), randomQueue()];
    @Injectable()
    @UseInterceptors(Wrap)
    class Worker {
      @OnJob(generated)
      async *generate() {
        yield 1;
        yield 2;
      }

      @OnJob(observed)
      observe() {
        return of(1, 2);
      }
    }
    const { client } = await start([Worker]);
    for (const queue of [generated, observed]) {
      expect(await firstValueFrom(client.send(queue).pipe(toArray()))).toEqual([
        { value: 1 },
        { value: 2 },
      ]);
    }
  });

  it('may reply in place of the handler', async () => {
    const queue = randomQueue();
    let runs = 0;
    @Injectable()
    class Worker {
      @UseInterceptors({ intercept: () => of('from the cache') })
      @OnJob(queue)
      run() {
        runs += 1;
      }
    }
    const { client } = await start([Worker]);
    expect(await firstValueFrom(client.send(queue).pipe(toArray()))).toEqual(['from the cache']);
    expect(runs).toBe(0);
  });

  it('is unsubscribed from when the caller unsubscribes', async () => {
    const queue = randomQueue();
    let begun = false;
    let ended = false;
    @Injectable()
    class Watch implements NestInterceptor {
      intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
        return next
          .handle()
          .pipe(tap({ subscribe: () => (begun = true), unsubscribe: () => (ended = true) }));
      }
    }
    @Injectable()
    class Worker {
      @UseInterceptors(Watch)
      @OnJob(queue)
      run() {
        return new Observable(() => undefined);
      }
    }
    const { client } = await start([Worker]);
    const subscription = client.send(queue).subscribe();
    await waitFor(() => begun);
    subscription.unsubscribe();
    await waitFor(() => ended);
  });
});

describe('an interceptor that calls the handler in another async context', () => {
  it('passes the right job to the handler after a request of its own', async () => {
    const [queue, names] = [randomQueue(), randomQueue()];
    @Injectable()
    class Ask implements NestInterceptor {
      constructor(private readonly requests: RequestClient) {}

      intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
        return this.requests.send(names).pipe(switchMap(() => next.handle()));
      }
    }
    @Injectable()
    class Worker {
      @UseInterceptors(Ask)
      @OnJob(queue)
      run(data: unknown, job: JobContext) {
        return [data, job.headers['user']];
      }

      @OnJob(names)
      name() {}
    }
    const { client } = await start([Worker]);
    const replies = ['ann', 'bob', 'cid'].map((user) =>
      lastValueFrom(client.send(queue, user, { headers: { user } })),
    );
    expect(await Promise.all(replies)).toEqual([
      ['ann', 'ann'],
      ['bob', 'bob'],
      ['cid', 'cid'],
    ]);
  });

  it('passes the right job to the handler when another job, or none, resumes it', async () => {
    const queue = randomQueue();
    const gate = new Subject<void>();
    let waiting = 0;
    @Injectable()
    class Worker {
      @UseInterceptors({
        intercept: (context: ExecutionContext, next: CallHandler) => {
          if (switchToReqRep(context).getData() === 'opens') {
            gate.next();
            return next.handle();
          }
          waiting++;
          return gate.pipe(
            take(1),
            mergeMap(() => next.handle()),
          );
        },
      })
      @OnJob(queue)
      run(data: unknown, job: JobContext) {
        return [data, job.headers['who']];
      }
    }
    const { client } = await start([Worker]);
    const waits = (who: string) => lastValueFrom(client.send(queue, 'waits', { headers: { who } }));
    const one = waits('one');
    await waitFor(() => waiting === 1);
    await lastValueFrom(client.send(queue, 'opens', { headers: { who: 'another' } }));
    expect(await one).toEqual(['waits', 'one']);
    const two = waits('two');
    await waitFor(() => waiting === 2);
    gate.next();
    expect(await two).toEqual(['waits', 'two']);
  });

  it('runs a stream in the async context that it opens', async () => {
    const [generated, observed] = [randomQueue(), randomQueue()];
    const storage = new AsyncLocalStorage<string>();
    @Injectable()
    @UseInterceptors({
      intercept: (_: unknown, next: CallHandler) => storage.run('store', () => next.handle()),
    })
    class Worker {
      @OnJob(generated)
      async *generate() {
        yield storage.getStore();
      }

      @OnJob(observed)
      observe() {
        return defer(() => of(storage.getStore()));
      }
    }
    const { client } = await start([Worker]);
    expect(await ask(client, generated)).toBe('store');
    expect(await ask(client, observed)).toBe('store');
  });

  it('may add values before and after those of a stream', async () => {
    const queue = randomQueue();
    @Injectable()
    class Worker {
      @UseInterceptors({
        intercept: (_: unknown, next: CallHandler) =>
          next.handle().pipe(startWith('begin'), endWith('end')),
      })
      @OnJob(queue)
      async *run() {
        yield 1;
        yield 2;
      }
    }
    const { client } = await start([Worker]);
    expect(await lastValueFrom(client.send(queue).pipe(toArray()))).toEqual(['begin', 1, 2, 'end']);
  });
});

describe('a request-scoped enhancer', () => {
  @Injectable({ scope: Scope.REQUEST })
  class Deny implements CanActivate {
    canActivate(): boolean {
      return false;
    }
  }

  /** The handler object comes from a factory; another class may make its guard known to Nest. */
  it.each([true, false])(
    'is rejected at the start if Nest cannot create it (known: %s)',
    async (isKnown) => {
      const [queue, other] = [randomQueue(), randomQueue()];
      class Guarded {
        @UseGuards(Deny)
        @OnJob(queue)
        run() {}
      }
      @Injectable()
      class Sibling {
        @UseGuards(Deny)
        @OnJob(other)
        run() {}
      }
      const starting = start([
        { provide: 'it', useFactory: () => new Guarded() },
        ...(isKnown ? [Sibling] : []),
      ]);
      await expect(starting).rejects.toMatchObject({
        code: 'INVALID_OPTION',
        message: expect.stringMatching(
          /^Expected Deny at Guarded#run to be a singleton, because Guarded comes from a factory/,
        ),
      });
    },
  );
});

describe('a filter', () => {
  class OutOfStock extends Error {}

  @Catch(OutOfStock)
  class StockFilter implements ExceptionFilter {
    catch(error: OutOfStock, host: ArgumentsHost): unknown {
      const { queue } = switchToReqRep(host).getJob();
      switch (switchToReqRep(host).getData()) {
        case 'value':
          return { replaced: error.message, queue };
        case 'observable':
          return throwError(() => new BadRequestException(error.message));
        case 'nothing':
          return undefined;
        case 'later nothing':
          return Promise.resolve();
        default:
          throw new ForbiddenException(error.message);
      }
    }
  }

  it('may replace the error by a value or another error', async () => {
    const queue = randomQueue();
    @Injectable()
    @UseFilters(StockFilter)
    class Worker {
      @OnJob(queue)
      run(data: string) {
        throw data === 'other' ? new Error('other') : new OutOfStock('none left');
      }
    }
    const { client } = await start([Worker]);
    expect(await ask(client, queue, 'value')).toEqual({ replaced: 'none left', queue });
    expect(await failureOf(client.send(queue, 'observable'))).toMatchObject({ status: 400 });
    expect(await failureOf(client.send(queue, 'throw'))).toMatchObject({ status: 403 });
    for (const data of ['nothing', 'later nothing']) {
      const error = await failureOf(client.send(queue, data));
      expect(error).toBeInstanceOf(RemoteError);
      expect(error).toMatchObject({ message: 'none left' });
    }
    expect(await failureOf(client.send(queue, 'other'))).toMatchObject({ message: 'other' });
  });

  it('is not called for a cancelled job', async () => {
    const queue = randomQueue();
    const heard: unknown[] = [];
    let asked = 0;
    let letGo: (isAllowed: boolean) => void = () => undefined;
    @Catch()
    class Hear implements ExceptionFilter {
      catch(error: unknown): void {
        heard.push(error);
      }
    }
    @Injectable()
    class Worker {
      @UseGuards({
        canActivate: () => {
          asked++;
          return new Promise<boolean>((resolve) => {
            letGo = resolve;
          });
        },
      })
      @UseFilters(Hear)
      @OnJob(queue, { concurrency: 1 })
      run() {}
    }
    const { client } = await start([Worker]);
    const subscription = client.send(queue).subscribe();
    await waitFor(() => asked === 1);
    subscription.unsubscribe();
    await waitFor(async () => (await server.look.keys(`${queue}active:*`)).length === 0);
    letGo(true);
    const next = ask(client, queue);
    await waitFor(() => asked === 2);
    letGo(true);
    await next;
    expect(heard).toEqual([]);
  });

  it('is called for errors of guards, pipes and streams', async () => {
    const queue = randomQueue();
    @Catch()
    class Tell implements ExceptionFilter {
      catch(error: Error): unknown {
        return `filtered: ${error.message}`;
      }
    }
    @Injectable()
    class Worker {
      @UseGuards({ canActivate: (context) => switchToReqRep(context).getData() !== 'guard' })
      @UseFilters(Tell)
      @OnJob(queue)
      async *run() {
        yield 1;
        throw new Error('broken');
      }
    }
    const { client } = await start([Worker]);
    expect(await ask(client, queue, 'guard')).toBe('filtered: Forbidden resource');
    expect(await firstValueFrom(client.send(queue).pipe(toArray()))).toEqual([
      1,
      'filtered: broken',
    ]);
  });
});

describe('the global enhancers of an application', () => {
  @Injectable()
  class HttpGuard implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      // Like guards written for HTTP only.
      return context.switchToHttp().getRequest<{ headers: object }>().headers !== undefined;
    }
  }
  @Injectable()
  class Refuse implements CanActivate {
    canActivate(): boolean {
      return false;
    }
  }

  function worker() {
    const queue = randomQueue();
    @Injectable()
    class Worker {
      @OnJob(queue)
      run(data: unknown) {
        if (data === 'fail') {
          throw new Error('failed');
        }
        return data;
      }
    }
    return { queue, Worker };
  }

  const refuse: Provider = { provide: APP_GUARD, useClass: Refuse };

  it('do not run on jobs', async () => {
    const { queue, Worker } = worker();
    const { client } = await start([Worker, refuse, { provide: APP_GUARD, useClass: HttpGuard }]);
    expect(await ask(client, queue, 'data')).toBe('data');
  });

  it('do not run on jobs of a handler with enhancers of its own either', async () => {
    const queue = randomQueue();
    @Injectable()
    class Worker {
      @UseGuards({ canActivate: () => true })
      @OnJob(queue)
      run() {
        return 'ran';
      }
    }
    const { client } = await start([Worker, refuse]);
    expect(await ask(client, queue)).toBe('ran');
  });

  it('run on jobs with `globalEnhancers: true`', async () => {
    const { queue, Worker } = worker();
    const providers: Provider[] = [
      Worker,
      {
        provide: APP_GUARD,
        useValue: {
          canActivate: (context: ExecutionContext) => switchToReqRep(context).getData() !== 'guard',
        },
      },
      {
        provide: APP_PIPE,
        useValue: { transform: (value: unknown) => (value === 'pipe' ? 'piped' : value) },
      },
      {
        provide: APP_INTERCEPTOR,
        useValue: {
          intercept: (_: unknown, next: CallHandler) =>
            next.handle().pipe(map((value) => `intercepted ${value}`)),
        },
      },
      { provide: APP_FILTER, useClass: Catching },
    ];
    const { client } = await start(providers, { globalEnhancers: true });
    expect(await ask(client, queue, 'pipe')).toBe('intercepted piped');
    expect(await ask(client, queue, 'fail')).toBe('caught failed');
    expect(await ask(client, queue, 'guard')).toBe('caught Forbidden resource');
  });

  it('may be request-scoped', async () => {
    const { queue, Worker } = worker();
    const jobs: unknown[] = [];
    @Injectable({ scope: Scope.REQUEST })
    class Scoped implements CanActivate {
      private readonly made = {};

      canActivate(): boolean {
        jobs.push(this.made);
        return this.made !== undefined;
      }
    }
    const { client } = await start(
      [Worker, { provide: APP_GUARD, scope: Scope.REQUEST, useClass: Scoped }],
      { globalEnhancers: true },
    );
    await ask(client, queue, 1);
    await ask(client, queue, 2);
    expect(jobs).toHaveLength(2);
    expect(jobs[0]).not.toBe(jobs[1]);
  });

  @Catch()
  class Catching implements ExceptionFilter {
    catch(error: Error): unknown {
      return `caught ${error.message}`;
    }
  }

  it.each([false, true])(
    'set by `useGlobalGuards` follow `globalEnhancers: %s`',
    async (globalEnhancers) => {
      const { queue, Worker } = worker();
      @Controller()
      class Pages {
        @Get()
        page() {
          return 'page';
        }
      }
      class AppModule {}
      const app = await NestFactory.create(
        {
          module: AppModule,
          imports: [ReqRepModule.forRoot({ connection: server.url, globalEnhancers })],
          providers: [Worker],
          controllers: [Pages],
        },
        { logger: false },
      );
      try {
        app.useGlobalGuards(new Refuse());
        await app.listen(0, '127.0.0.1');
        expect((await fetch(await app.getUrl())).status).toBe(403);
        const reply = app.get(RequestClient).send(queue, 'data');
        if (globalEnhancers) {
          expect(await failureOf(reply)).toMatchObject({ status: 403 });
        } else {
          expect(await lastValueFrom(reply)).toBe('data');
        }
      } finally {
        await app.close();
      }
    },
  );
});
