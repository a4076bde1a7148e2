import { Global, Inject, Injectable, Module, Scope, type Type } from '@nestjs/common';
import { NestFactory, REQUEST } from '@nestjs/core';
import { lastValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  OnJob,
  ReplyWorkers,
  ReqRepModule,
  RequestClient,
  type ReqRepModuleOptions,
} from '../../lib/index.js';
import { startApp, startModule } from '../support/app.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';

const server = useServer();

/** A port on which nothing listens: an attempt to connect would log a warning. */
const NOWHERE = { connection: 'redis://127.0.0.1:1' };

function workerOf(queue: string, options = {}) {
  @Injectable()
  class Worker {
    @OnJob(queue, options)
    run() {
      return 'here';
    }
  }
  return Worker;
}

describe('a start logs', () => {
  it('each served queue and the server, once the worker has registered', async () => {
    const [one, two] = [randomQueue(), randomQueue()];
    const { log } = await startApp({ connection: server.url }, [
      workerOf(one, { concurrency: 8 }),
      workerOf(two),
    ]);
    expect(log.serving.toSorted()).toEqual(
      [
        `Serving "${one}" (Worker#run, concurrency 8) on ${server.name}`,
        `Serving "${two}" (Worker#run, concurrency 16) on ${server.name}`,
      ].toSorted(),
    );
    expect(await server.look.zcard(`${one}workers`)).toBe(1);
    expect(log.lines).toEqual([]);
  });

  it('no served queue while Redis is unreachable or without handlers', async () => {
    const away = await startApp(NOWHERE, [workerOf('q')]);
    expect(away.log.serving).toEqual([]);
    const requester = await startApp({ connection: server.url });
    expect([...requester.log.serving, ...requester.log.lines]).toEqual([]);
  });

  it.each([
    [false, ': this process has `workers: false`'],
    ['manual', " yet: with `workers: 'manual'`, ReplyWorkers.start() starts the workers"],
  ] as const)(
    'the queues that it does not serve with `workers: %s`, and the reason',
    async (workers, why) => {
      const queue = randomQueue();
      const { app, log } = await startApp({ connection: server.url, workers }, [workerOf(queue)]);
      expect(log.serving).toEqual([`Not serving "${queue}" (Worker#run)${why}`]);
      await app.get(ReplyWorkers).start();
      expect(log.serving[1]).toMatch(`Serving "${queue}" (Worker#run, `);
    },
  );
});

describe('`imports: [ReqRepModule]` without forRoot', () => {
  @Injectable()
  class Caller {
    constructor(readonly client: RequestClient) {}
  }
  @Module({ imports: [ReqRepModule], providers: [Caller] })
  class Asking {}
  @Module({ imports: [ReqRepModule], providers: [workerOf('q')] })
  class Answering {}

  it.each<[string, Type]>([
    ['Asking', Asking],
    ['Answering', Answering],
  ])('is rejected with advice, also if a provider needs the client (%s)', async (_, module) => {
    @Module({ imports: [module] })
    class AppModule {}
    const start = NestFactory.createApplicationContext(AppModule, {
      logger: false,
      abortOnError: false,
    });
    await expect(start).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message:
        'Expected ReqRepModule in `imports` to be `ReqRepModule.forRoot()` or `ReqRepModule.forRootAsync()`, once, in the ' +
        'AppModule, got the class alone (other modules need no import; with `isGlobal: false`, they import a module that ' +
        'exports ReqRepModule)',
    });
  });

  it('is rejected even if the application has an instance', async () => {
    for (const isGlobal of [true, false]) {
      await expect(
        startModule({ imports: [Asking, ReqRepModule.forRoot({ ...NOWHERE, isGlobal })] }),
      ).rejects.toThrow('got the class alone');
    }
  });
});

describe('request-scoped options', () => {
  const options = (): ReqRepModuleOptions => NOWHERE;

  @Injectable({ scope: Scope.REQUEST })
  class Tenant {}
  @Injectable({ scope: Scope.REQUEST, durable: true })
  class Durable {}
  @Injectable()
  class OfTenant {
    constructor(readonly tenant: Tenant) {}
  }
  @Injectable({ scope: Scope.REQUEST })
  class Scoped {
    createReqRepOptions = options;
  }
  @Injectable()
  class ScopedField {
    @Inject(REQUEST) readonly request!: unknown;
    createReqRepOptions = options;
  }
  @Module({
    providers: [Tenant, OfTenant, Durable, Scoped],
    exports: [Tenant, OfTenant, Durable, Scoped],
  })
  class Tenants {}

  it.each<[string, object, string]>([
    ['a factory that injects the request', { inject: [REQUEST], useFactory: options }, 'REQUEST'],
    [
      'one that injects what is',
      { inject: [OfTenant], useFactory: options },
      'OfTenant, through it on Tenant',
    ],
    ['one that injects what is durable', { inject: [Durable], useFactory: options }, 'Durable'],
    ['`useClass` with a scope', { useClass: Scoped }, 'Scoped'],
    [
      '`useClass` with such a field',
      { useClass: ScopedField },
      'ScopedField, through it on REQUEST',
    ],
    ['`useExisting` with a scope', { useExisting: Scoped }, 'Scoped'],
  ])('are rejected: %s', async (_, parts, path) => {
    const start = startModule({
      imports: [ReqRepModule.forRootAsync({ imports: [Tenants], ...parts } as never)],
      providers: [workerOf('q')],
    });
    await expect(start).rejects.toThrow(
      'Expected the options of ReqRepModule.forRootAsync() to be created once, when the application starts, got options ' +
        `that depend on ${path}, which is request-scoped (inject singletons only, such as a ConfigService; `,
    );
  });

  it('do not include options of a transient class', async () => {
    const queue = randomQueue();
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient {
      createReqRepOptions(): ReqRepModuleOptions {
        return { connection: server.url };
      }
    }
    const { client } = await startModule({
      imports: [ReqRepModule.forRootAsync({ useClass: Transient })],
      providers: [workerOf(queue)],
    });
    expect(await lastValueFrom(client.send(queue))).toBe('here');
  });
});

it('two `forRoot()` are rejected with the names of their modules and advice', async () => {
  @Module({ imports: [ReqRepModule.forRoot(NOWHERE)] })
  class Reports {}
  @Module({ imports: [ReqRepModule.forRootAsync({ useFactory: () => NOWHERE })] })
  class Orders {}
  await expect(startModule({ imports: [Reports, Orders] })).rejects.toThrow(
    'Expected name of ReqRepModule to be unique in the application, got two instances named "default", in Reports and ' +
      'Orders (one `forRoot()` in the AppModule is enough for all modules; for a second instance, set its `name`)',
  );
});

it('one `forRoot()` that several modules import is one instance', async () => {
  const queue = randomQueue();
  const instance = ReqRepModule.forRoot({ connection: server.url, isGlobal: false });
  @Module({ imports: [instance], providers: [workerOf(queue)] })
  class Answering {}
  const { client, log } = await startModule({ imports: [instance, Answering] });
  expect(await lastValueFrom(client.send(queue))).toBe('here');
  expect(log.lines).toEqual([]);
});

describe('an instance that is not global', () => {
  it('serves the handlers of modules that import it, and logs the others once', async () => {
    const [seen, nested, hidden, deeper] = Array.from({ length: 4 }, () => randomQueue());
    @Module({
      imports: [ReqRepModule.forRoot({ connection: server.url, isGlobal: false })],
      exports: [ReqRepModule],
    })
    class Queues {}
    @Module({ imports: [Queues], exports: [Queues] })
    class Core {}
    @Module({ imports: [Queues], providers: [workerOf(seen as string)] })
    class Direct {}
    @Module({ imports: [Core], providers: [workerOf(nested as string)] })
    class Nested {}
    @Module({ providers: [workerOf(hidden as string), workerOf(deeper as string)] })
    class Hidden {}
    @Module({ imports: [Direct], providers: [workerOf(seen as string)] })
    class Beside {}
    const { app, log } = await startModule({ imports: [Direct, Nested, Hidden, Beside] });
    const { queues } = app.get(ReplyWorkers, { strict: false }).status;
    expect(queues.map(({ queue }) => queue)).toEqual([seen, nested]);
    expect(log.lines).toEqual([
      `warn Not serving "${hidden}" (Worker#run in Hidden), "${deeper}" (Worker#run in Hidden), "${seen}" (Worker#run in ` +
        'Beside): the instance "default" of ReqRepModule has `isGlobal: false` and is not imported there. Import a module ' +
        'there that exports ReqRepModule, or remove `isGlobal: false` ReqRep',
    ]);
  });

  it('is visible everywhere through a global module that exports it', async () => {
    const queue = randomQueue();
    @Global()
    @Module({
      imports: [ReqRepModule.forRoot({ connection: server.url, isGlobal: false })],
      exports: [ReqRepModule],
    })
    class Core {}
    @Module({ providers: [workerOf(queue)] })
    class Elsewhere {}
    const { client, log } = await startModule({ imports: [Core, Elsewhere] });
    expect(await lastValueFrom(client.send(queue))).toBe('here');
    expect(log.lines).toEqual([]);
  });
});
