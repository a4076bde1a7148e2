import { setTimeout as delay } from 'node:timers/promises';
import {
  Injectable,
  type DynamicModule,
  type INestApplicationContext,
  type ModuleMetadata,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { ModuleRef, NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { Redis } from 'ioredis';
import { lastValueFrom } from 'rxjs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  getReplyWorkersToken,
  getRequestClientToken,
  InvalidOptionError,
  OnJob,
  ReplyWorkers,
  ReqRepModule,
  RequestClient,
  type ReqRepModuleExtras,
  type ReqRepModuleOptions,
} from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { hasEnded, startProcess } from '../support/processes.js';
import { randomQueue } from '../support/random-queue.js';
import { RecordedLog } from '../support/recorded-log.js';
import { describeOnRedis, itOnRedis, useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();
const echoQueue = randomQueue();

/** A caller in another application, which also replies to requests that the tested modules send when they close. */
let caller: RequestClient;

beforeAll(async () => {
  @Injectable()
  class Echo {
    @OnJob(echoQueue)
    run(data: unknown) {
      return data;
    }
  }
  const app = await NestFactory.createApplicationContext(
    {
      module: class Caller {},
      imports: [ReqRepModule.forRoot({ connection: server.url })],
      providers: [Echo],
    },
    { logger: false },
  );
  caller = app.get(RequestClient);
  return () => app.close();
});

const started = new Set<INestApplicationContext>();

afterEach(async () => {
  await Promise.allSettled([...started].map((app) => app.close()));
  started.clear();
});

/** Long enough for a worker that takes jobs to take one. */
const aWhile = (): Promise<void> => delay(40);

interface Actors {
  readonly events: string[];
  readonly queue: string;
  /** Has slow hooks, like a database module. */
  readonly Store: new (...args: never[]) => object;
  /** Serves the queue, and has slow hooks, too. */
  readonly Worker: new (...args: never[]) => object;
  /** Ends the job `slow`. */
  endSlow(): void;
}

function actors(instance?: string, queue = randomQueue()): Actors {
  const events: string[] = [];
  let endSlow = (): void => undefined;

  @Injectable()
  class Store
    implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown
  {
    constructor(private readonly moduleRef: ModuleRef) {}

    async onModuleInit() {
      await aWhile();
      events.push('store opens');
    }
    async onApplicationBootstrap() {
      await aWhile();
      events.push('store is up');
    }
    async onModuleDestroy() {
      events.push('store closes');
      await aWhile();
    }
    async onApplicationShutdown() {
      const client = this.moduleRef.get<RequestClient>(getRequestClientToken(instance), {
        strict: false,
      });
      const answer = await lastValueFrom(client.send(echoQueue, 'an answer', { timeout: 2_000 }));
      events.push(`store gets ${String(answer)}`);
    }
  }

  @Injectable()
  class Worker implements OnApplicationBootstrap, OnModuleDestroy {
    async onApplicationBootstrap() {
      await aWhile();
      events.push('worker is up');
    }
    onModuleDestroy() {
      events.push('worker closes');
    }
    @OnJob(queue, instance === undefined ? {} : { instance })
    async run(data: string) {
      events.push(`job ${data}`);
      if (data === 'slow') {
        await new Promise<void>((resolve) => (endSlow = resolve));
        events.push('job slow ends');
      }
    }
  }
  return { events, queue, Store, Worker, endSlow: () => endSlow() };
}

const forRoot = (extras: ReqRepModuleExtras & ReqRepModuleOptions = {}): DynamicModule =>
  ReqRepModule.forRoot({ connection: server.url, ...extras });

const moduleOf = (metadata: ModuleMetadata & { global?: boolean }): DynamicModule => ({
  module: class Some {},
  ...metadata,
});

/** Ways to put an application together. */
const arrangements: [string, (actors: Actors) => ModuleMetadata, instance?: string][] = [
  [
    'imported first',
    ({ Store, Worker }) => ({
      imports: [forRoot(), moduleOf({ providers: [Store] }), moduleOf({ providers: [Worker] })],
    }),
  ],
  [
    'imported last',
    ({ Store, Worker }) => ({
      imports: [moduleOf({ providers: [Store] }), moduleOf({ providers: [Worker] }), forRoot()],
    }),
  ],
  [
    'not global',
    ({ Store, Worker }) => ({
      imports: [forRoot({ isGlobal: false }), moduleOf({ providers: [Store] })],
      providers: [Worker],
    }),
  ],
  [
    'in an application of one module',
    ({ Store, Worker }) => ({ imports: [forRoot()], providers: [Store, Worker] }),
  ],
  [
    'imported deep inside',
    ({ Store, Worker }) => ({
      imports: [
        moduleOf({
          imports: [moduleOf({ imports: [forRoot({ isGlobal: false })], providers: [Worker] })],
        }),
      ],
      providers: [Store],
    }),
  ],
  [
    'imported by a global module',
    ({ Store, Worker }) => ({
      imports: [
        moduleOf({
          global: true,
          imports: [forRoot({ isGlobal: false })],
          providers: [Store],
          exports: [ReqRepModule],
        }),
      ],
      providers: [Worker],
    }),
  ],
  [
    'beside a global module behind it',
    ({ Store, Worker }) => ({
      imports: [forRoot(), moduleOf({ global: true, providers: [Store, Worker] })],
    }),
  ],
  [
    'with options that are made',
    ({ Store, Worker }) => ({
      imports: [
        moduleOf({ providers: [Store] }),
        ReqRepModule.forRootAsync({
          useFactory: async () => Promise.resolve({ connection: server.url }),
        }),
      ],
      providers: [Worker],
    }),
  ],
  [
    'as one of several instances',
    ({ Store, Worker }) => ({
      imports: [
        forRoot({ name: 'first' }),
        moduleOf({ imports: [forRoot({ name: 'second', isGlobal: false })], providers: [Worker] }),
        moduleOf({ providers: [Store] }),
        forRoot(),
      ],
    }),
    'second',
  ],
];

const startContext = (metadata: ModuleMetadata): Promise<INestApplicationContext> =>
  NestFactory.createApplicationContext(moduleOf(metadata), { logger: false, abortOnError: false });

const kinds: [string, (metadata: ModuleMetadata) => Promise<INestApplicationContext>][] = [
  ['an application context', startContext],
  [
    'a web application',
    async (metadata) => {
      const app = await NestFactory.create(moduleOf(metadata), {
        logger: false,
        abortOnError: false,
      });
      return app.listen(0).then(() => app);
    },
  ],
  [
    'a testing module',
    async (metadata) => {
      const app = await Test.createTestingModule(metadata).setLogger(new RecordedLog()).compile();
      return app.init();
    },
  ],
  [
    'a web application of a testing module',
    async (metadata) => {
      const testing = await Test.createTestingModule(metadata)
        .setLogger(new RecordedLog())
        .compile();
      return testing.createNestApplication().init();
    },
  ],
];

async function livesAndDies(
  start: (metadata: ModuleMetadata) => Promise<INestApplicationContext>,
  metadata: ModuleMetadata,
  { events, queue, endSlow }: Actors,
): Promise<void> {
  await lastValueFrom(caller.emit(queue, 'early'));
  const app = await start(metadata);
  started.add(app);
  await waitFor(() => events.includes('job early'));
  expect(events.toSpliced(1, 2)).toEqual(['store opens', 'job early']);
  expect(new Set(events.slice(1, 3))).toEqual(new Set(['store is up', 'worker is up']));

  await lastValueFrom(caller.emit(queue, 'slow'));
  await waitFor(() => events.includes('job slow'));
  events.length = 0;
  started.delete(app);
  const closed = app.close();
  await aWhile();
  await lastValueFrom(caller.emit(queue, 'late'));
  await aWhile();
  expect(events).toEqual([]);
  endSlow();
  await closed;
  expect(events[0]).toBe('job slow ends');
  expect(new Set(events.slice(1, 3))).toEqual(new Set(['worker closes', 'store closes']));
  expect(events.slice(3)).toEqual(['store gets an answer']);
  expect(await server.look.llen(`${queue}requests`)).toBe(1);
}

describe('workers start last and stop first, and the client closes last of all', () => {
  it.each(arrangements)('%s', async (_, metadataOf, instance) => {
    const acting = actors(instance);
    await livesAndDies(startContext, metadataOf(acting), acting);
  });

  it.each(kinds)('in %s', async (_, start) => {
    const acting = actors();
    const { Store, Worker } = acting;
    const metadata = {
      imports: [forRoot(), moduleOf({ providers: [Store] })],
      providers: [Worker],
    };
    await livesAndDies(start, metadata, acting);
  });

  it('if two applications of one process share a definition', async () => {
    const definition = forRoot();
    const [one, two] = [actors(), actors()];
    await Promise.all(
      [one, two].map((acting) =>
        livesAndDies(
          startContext,
          { imports: [definition, moduleOf({ providers: [acting.Store, acting.Worker] })] },
          acting,
        ),
      ),
    );
  });

  it('if all instances have handlers', async () => {
    const [one, two] = [actors('one'), actors('two')];
    const app = await startContext({
      imports: [forRoot({ name: 'one' }), forRoot({ name: 'two' })],
      providers: [one.Worker, two.Worker],
    });
    started.add(app);
    for (const { queue, events } of [one, two]) {
      await lastValueFrom(caller.send(queue, 'x'));
      expect(events).toEqual(['worker is up', 'job x']);
    }
    started.delete(app);
    await app.close();
    expect(await server.look.keys(`{${one.queue},${two.queue}}worker*`)).toEqual([]);
  });

  it('if they are started by hand', async () => {
    const acting = actors();
    const { events, queue, Store, Worker, endSlow } = acting;
    const app = await startContext({
      imports: [forRoot({ workers: 'manual' }), moduleOf({ providers: [Store, Worker] })],
    });
    started.add(app);
    await lastValueFrom(caller.emit(queue, 'slow'));
    await aWhile();
    expect(events).not.toContain('job slow');
    await app.get(ReplyWorkers, { strict: false }).start();
    await waitFor(() => events.includes('job slow'));
    events.length = 0;
    started.delete(app);
    const closed = app.close();
    await aWhile();
    expect(events).toEqual([]);
    endSlow();
    await closed;
    expect(events[0]).toBe('job slow ends');
  });

  it('if they are started by hand while other modules close', async () => {
    const { queue, Worker } = actors();
    const restarting = {
      provide: 'restarting',
      inject: [ReplyWorkers],
      useFactory: (workers: ReplyWorkers) => ({ onModuleDestroy: () => workers.start() }),
    };
    const app = await startContext({ imports: [forRoot()], providers: [Worker, restarting] });
    await app.close();
    expect(await server.look.exists(`${queue}workers`)).toBe(0);
  });
});

/** Lists the connections of an instance, as Redis shows them. */
const connectionsOf = async (instance: string): Promise<string[]> =>
  String(await server.redis.look.client('LIST'))
    .split('\n')
    .filter((line) => line.includes(`nestjs-reqrep:${instance}:`));

describe('an application that does not start runs no jobs and leaves nothing open', () => {
  const hooks = ['onModuleInit', 'onApplicationBootstrap'] as const;

  itOnRedis.each(
    hooks.flatMap((hook) => [[hook, 'behind ours'] as const, [hook, 'before ours'] as const]),
  )('because %s of a module %s throws', async (hook, place) => {
    const instance = randomQueue();
    const { queue, events, Worker } = actors(instance);
    await lastValueFrom(caller.emit(queue, 'x'));
    const broken = moduleOf({
      providers: [
        {
          provide: 'broken',
          useValue: { [hook]: () => aWhile().then(() => Promise.reject(new Error('no store'))) },
        },
      ],
    });
    const ours = forRoot({ name: instance });
    const app = await Test.createTestingModule({
      imports: place === 'behind ours' ? [ours, broken] : [broken, ours],
      providers: [Worker],
    })
      .setLogger(new RecordedLog())
      .compile();
    await expect(app.init()).rejects.toThrow('no store');
    await aWhile();
    expect(events).not.toContain('job x');
    expect(await server.look.exists(`${queue}workers`)).toBe(0);
    expect(await connectionsOf(instance)).toEqual([]);
  });

  it('because it was closed meanwhile', async () => {
    const { queue, events, Worker } = actors();
    await lastValueFrom(caller.emit(queue, 'x'));
    const app = (
      await Test.createTestingModule({ imports: [forRoot()], providers: [Worker] })
        .setLogger(new RecordedLog())
        .compile()
    ).createNestApplication();
    const initialised = app.init();
    await Promise.allSettled([app.close(), initialised]);
    await aWhile();
    expect(events).not.toContain('job x');
    expect(await server.look.exists(`${queue}workers`)).toBe(0);
  });

  itOnRedis.each([
    ['throws at once', 1, () => new Error('no vault'), 'no vault'],
    ['throws later', 3, () => new Error('no vault'), 'no vault'],
    [
      'makes something else',
      1,
      undefined,
      'Expected connection to be .* a function that returned number',
    ],
  ])('because the factory of its connections %s', async (_, wrong, makeError, message) => {
    const instance = randomQueue();
    const { Worker } = actors(instance);
    let made = 0;
    const connection = (): Redis => {
      if (++made >= wrong) {
        if (makeError) {
          throw makeError();
        }
        return 5 as never;
      }
      return new Redis(server.url, { lazyConnect: true });
    };
    const error = await startApp({ name: instance, connection }, [Worker]).then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    expect(error?.message).toMatch(new RegExp(message));
    expect(error instanceof InvalidOptionError).toBe(makeError === undefined);
    await waitFor(async () => (await connectionsOf(instance)).length === 0);
  });

  itOnRedis(
    'because one of several instances cannot start, so that the others run no jobs either',
    async () => {
      const instance = randomQueue();
      const { queue, Worker } = actors(instance);
      const connection = (): Redis => {
        throw new Error('no vault');
      };
      const app = await Test.createTestingModule({
        imports: [forRoot({ name: instance }), ReqRepModule.forRoot({ connection })],
        providers: [Worker, actors().Worker],
      })
        .setLogger(new RecordedLog())
        .compile();
      await expect(app.init()).rejects.toThrow('no vault');
      await waitFor(async () => (await connectionsOf(instance)).length === 0);
      expect(app.get(getReplyWorkersToken(instance), { strict: false }).status.state).toBe(
        'stopped',
      );
      expect(await server.look.exists(`${queue}workers`)).toBe(0);
    },
  );
});

describeOnRedis('a process whose application does not start', () => {
  it.each([
    ['a module of its own', ''],
    ['every connection', '1'],
  ])('exits by itself, and is not registered as a worker, if %s fails', async (_, wrong) => {
    const queue = randomQueue();
    const child = await startProcess('failed-start', {
      QUEUE: queue,
      REDIS_URL: server.url,
      WRONG: wrong,
    });
    await waitFor(() => hasEnded(child));
    expect(child.exitCode).toBe(0);
    expect(await server.look.zcard(`${queue}workers`)).toBe(0);
  });
});
