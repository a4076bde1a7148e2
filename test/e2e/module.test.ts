import { Inject, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { firstValueFrom, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  DuplicateJobHandlerError,
  getRequestClientToken,
  InjectReplyWorkers,
  InjectRequestClient,
  InvalidOptionError,
  OnJob,
  ReplyWorkers,
  ReqRepModule,
  RequestClient,
  type ReqRepModuleOptions,
  type ReqRepOptionsFactory,
} from '../../lib/index.js';
import { startApp, startModule } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { RecordedLog } from '../support/recorded-log.js';
import { itOnRedis, useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

/** Returns a worker class that replies with a word. */
function answering(queue: string, word: string, options = {}) {
  @Injectable()
  class Worker {
    @OnJob(queue, options)
    run() {
      return word;
    }
  }
  return Worker;
}

describe('forRootAsync', () => {
  @Injectable()
  class Options implements ReqRepOptionsFactory {
    createReqRepOptions(): ReqRepModuleOptions {
      return { connection: server.url };
    }
  }
  @Module({ providers: [Options], exports: [Options] })
  class OptionsModule {}

  it.each([
    [
      'useFactory with inject',
      () => ({
        imports: [OptionsModule],
        inject: [Options],
        useFactory: async (options: Options) => options.createReqRepOptions(),
      }),
    ],
    ['useFactory', () => ({ useFactory: () => ({ connection: server.url }) })],
    ['useClass', () => ({ useClass: Options })],
    ['useExisting', () => ({ imports: [OptionsModule], useExisting: Options })],
  ])('takes its options by %s', async (_, options) => {
    const queue = randomQueue();
    const { client } = await startModule({
      imports: [ReqRepModule.forRootAsync(options())],
      providers: [answering(queue, 'here')],
    });
    expect(await firstValueFrom(client.send(queue))).toBe('here');
  });
});

describe('instances', () => {
  it('may have names, in addition to the instance without a name', async () => {
    const queue = randomQueue();
    @Injectable()
    class Caller {
      constructor(
        readonly client: RequestClient,
        @InjectRequestClient('billing') readonly billing: RequestClient,
        @InjectReplyWorkers('billing') readonly workers: ReplyWorkers,
      ) {}
    }
    const { app } = await startModule({
      imports: [
        ReqRepModule.forRoot({ connection: server.url }),
        ReqRepModule.forRootAsync({
          name: 'billing',
          useFactory: () => ({ connection: server.url, prefix: 'billing:' }),
        }),
      ],
      providers: [
        Caller,
        answering(queue, 'default'),
        answering(queue, 'billing', { instance: 'billing' }),
      ],
    });
    const { client, billing, workers } = app.get(Caller);
    expect(client).not.toBe(billing);
    expect(app.get(getRequestClientToken('billing'), { strict: false })).toBe(billing);
    expect(await firstValueFrom(client.send(queue))).toBe('default');
    expect(await firstValueFrom(billing.send(queue))).toBe('billing');
    expect(workers.status.queues).toHaveLength(1);
  });

  it('with `isGlobal: false` are visible only where they are imported', async () => {
    @Injectable()
    class Caller {
      constructor(readonly client: RequestClient) {}
    }
    @Module({ providers: [Caller] })
    class Elsewhere {}
    await expect(
      startModule({
        imports: [ReqRepModule.forRoot({ connection: server.url, isGlobal: false }), Elsewhere],
      }),
    ).rejects.toThrow(/can't resolve dependencies of the Caller/);
    const { app } = await startModule({
      imports: [ReqRepModule.forRoot({ connection: server.url, isGlobal: false })],
      providers: [Caller],
    });
    expect(app.get(Caller).client).toBeInstanceOf(RequestClient);
  });

  it('of two applications in one process are independent', async () => {
    const [one, two] = [randomQueue(), randomQueue()];
    const first = await startApp({ connection: server.url }, [answering(one, 'first')]);
    const second = await startApp({ connection: server.url }, [answering(two, 'second')]);
    expect(first.client).not.toBe(second.client);
    await first.app.close();
    expect(await firstValueFrom(second.client.send(two))).toBe('second');
  });
});

describe('mistakes are reported before a connection is opened', () => {
  /** A port on which nothing listens: an attempt to connect would log a warning. */
  const nowhere = { connection: 'redis://127.0.0.1:1' };

  class Other {
    @OnJob('q')
    also() {
      return 2;
    }
  }

  it.each<
    [string, () => unknown[], typeof DuplicateJobHandlerError | typeof InvalidOptionError, string[]]
  >([
    [
      'two handlers for one queue',
      () => [answering('q', '1'), Other],
      DuplicateJobHandlerError,
      ['"q"', 'Worker#run', 'Other#also'],
    ],
    ['a queue without a name', () => [answering('', '1')], InvalidOptionError, ['Worker#run']],
    [
      'a queue that UTF-8 cannot express',
      () => [answering('\ud800', '1')],
      InvalidOptionError,
      ['the queue in @OnJob("\\ud800") of Worker#run', 'well-formed', '"\\ud800" (string)'],
    ],
    [
      'several queues at once',
      () => [answering(['a', 'b'] as never, '1')],
      InvalidOptionError,
      ['the queue in @OnJob(an array) of Worker#run', 'an array (write one @OnJob for each queue)'],
    ],
    [
      'a wrong concurrency',
      () => [answering('q', '1', { concurrency: 0 })],
      InvalidOptionError,
      ['concurrency', 'Worker#run', 'an integer from 1 to 10000', '`0` (number)'],
    ],
    [
      'an instance that is not there',
      () => [answering('q', '1', { instance: 'shop' })],
      InvalidOptionError,
      ['instance', '"shop"', 'default'],
    ],
  ])('%s', async (_, providers, type, words) => {
    const start = startApp(nowhere, providers() as never[]);
    const error = await start.then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    expect(error).toBeInstanceOf(type);
    for (const word of words) {
      expect(error?.message).toContain(word);
    }
  });

  it('a wrong option', async () => {
    await expect(startApp({ ...nowhere, timeout: -5 })).rejects.toThrow(
      'Expected timeout in the options of ReqRepModule to be an integer from 0 to 2147483647 (ms), got `-5` (number)',
    );
  });

  it('a queue, a prefix or a name that UTF-8 cannot express', async () => {
    const { client } = await startApp({ connection: server.url });
    for (const ask of [() => client.send('\ud800'), () => client.emit('x\udc00')]) {
      expect(await failureOf(ask())).toMatchObject({
        code: 'INVALID_OPTION',
        message: expect.stringContaining(
          'Expected queue in a call to `send`, `request` or `emit` to be well-formed Unicode',
        ),
      });
    }
    await expect(startApp({ ...nowhere, prefix: '\ud800:' })).rejects.toThrow(
      'Expected prefix in the options of ReqRepModule to be well-formed Unicode',
    );
    expect(() => ReqRepModule.forRoot({ name: '\ud800' })).toThrow('to be well-formed Unicode');
  });

  it('two instances of one name', async () => {
    await expect(
      startModule({ imports: [ReqRepModule.forRoot(nowhere), ReqRepModule.forRoot(nowhere)] }),
    ).rejects.toThrow(InvalidOptionError);
  });

  it('a provider that is registered under an alias is one handler, not two', async () => {
    const queue = randomQueue();
    const Worker = answering(queue, 'once');
    const { client } = await startApp({ connection: server.url }, [
      Worker,
      { provide: 'ALIAS', useExisting: Worker },
    ]);
    expect(await firstValueFrom(client.send(queue))).toBe('once');
  });
});

describe('workers', () => {
  it('do not run with `workers: false`', async () => {
    const queue = randomQueue();
    const { app, client } = await startApp({ connection: server.url, workers: false }, [
      answering(queue, 'here'),
    ]);
    expect(await failureOf(client.send(queue, 1, { timeout: 100 }))).toMatchObject({ workers: 0 });
    expect(app.get(ReplyWorkers).status.state).toBe('stopped');
  });

  it('start and stop by hand with `workers: manual`, any number of times', async () => {
    const queue = randomQueue();
    const { app, client } = await startApp({ connection: server.url, workers: 'manual' }, [
      answering(queue, 'here', { concurrency: 4 }),
    ]);
    const workers = app.get(ReplyWorkers);
    const reply = firstValueFrom(client.send(queue));
    await waitFor(async () => (await server.look.llen(`${queue}requests`)) === 1);
    expect(workers.status).toEqual({
      state: 'stopped',
      queues: [{ queue, handler: 'Worker#run', concurrency: 4, busy: 0, isPaused: false }],
    });
    await workers.start();
    expect(await reply).toBe('here');
    expect(workers.status.state).toBe('running');
    expect(await server.look.zcard(`${queue}workers`)).toBe(1);
    await Promise.all([workers.stop(), workers.stop()]);
    expect(workers.status.state).toBe('stopped');
    expect(await server.look.keys(`${queue}*`)).toEqual([`${queue}totals`]);
    await workers.start();
    expect(await firstValueFrom(client.send(queue))).toBe('here');
  });

  itOnRedis('describe themselves in Redis', async () => {
    const queue = randomQueue();
    await startApp({ connection: server.url, lease: 3_000 }, [
      answering(queue, 'here', { concurrency: 5 }),
    ]);
    const [id = '', expiry] = await server.look.zrange(`${queue}workers`, 0, '-1', 'WITHSCORES');
    expect(Number(expiry)).toBeGreaterThan(Date.now());
    expect(Number(expiry)).toBeLessThan(Date.now() + 3_100);
    const hash = await server.look.hgetall(`${queue}worker:${id}`);
    // One slot for each of the 128 jobs that it may hold at most, and as many for the next takes.
    expect(hash).toMatchObject({ slots: '256', pid: String(process.pid) });
    const list = (await server.redis.look.client('LIST')) as string;
    const [commands = ''] = (hash['connections'] ?? '').split(' ');
    expect(commands).toMatch(/^\d+@127\.0\.0\.1:\d+$/);
    expect(list).toContain(`id=${commands.replace('@', ' addr=')} `);
  });

  it('renew their lease', async () => {
    const queue = randomQueue();
    await startApp({ connection: server.url, lease: 150 }, [answering(queue, 'here')]);
    const score = async () => {
      const [, expiry] = await server.look.zrange(`${queue}workers`, 0, '-1', 'WITHSCORES');
      return Number(expiry);
    };
    const first = await score();
    await waitFor(async () => (await score()) > first + 150);
  });

  it('start when Redis is reachable, while the application starts without it', async () => {
    const { app, log } = await startApp({ connection: 'redis://127.0.0.1:1' }, [
      answering('q', 'here'),
    ]);
    expect(app.get(ReplyWorkers).status.state).toBe('starting');
    expect(log.lines).toEqual([
      'warn redis://127.0.0.1:1/0 cannot be reached (connect ECONNREFUSED 127.0.0.1:1): start Redis there, ' +
        'or correct `connection`. Retrying until it works ReqRep',
    ]);
    await app.close();
    expect(log.lines).toHaveLength(1);
  });
});

it('a client is injected by its class, or by a token', async () => {
  @Injectable()
  class Caller {
    constructor(@Inject(getRequestClientToken()) readonly client: RequestClient) {}
  }
  const { app, client } = await startApp({ connection: server.url }, [Caller]);
  expect(app.get(Caller).client).toBe(client);
});

describe('a test of an application', () => {
  it.each<[string, unknown, object]>([
    ['the client', RequestClient, { send: () => of('mocked') }],
    ['the workers', ReplyWorkers, {}],
  ])('may override %s, and closes all connections', async (_, token, mock) => {
    const queue = randomQueue();
    const app = await Test.createTestingModule({
      imports: [ReqRepModule.forRoot({ connection: server.url })],
      providers: [answering(queue, 'here')],
    })
      .overrideProvider(token)
      .useValue(mock)
      .setLogger(new RecordedLog())
      .compile();
    await app.init();
    expect(app.get(token as never)).toBe(mock);
    expect(await server.look.zcard(`${queue}workers`)).toBe(1);
    await app.close();
    expect(await server.look.zcard(`${queue}workers`)).toBe(0);
    await waitFor(async () => (await server.openConnections()) === 0);
  });
});

it('the error for two handlers of one class names both modules', async () => {
  class Worker {
    @OnJob('twice')
    run() {}
  }
  Injectable()(Worker);
  @Module({ providers: [Worker] })
  class One {}
  @Module({ providers: [Worker] })
  class Two {}
  await expect(
    startModule({ imports: [One, Two, ReqRepModule.forRoot({ connection: server.url })] }),
  ).rejects.toThrow('Queue "twice" has two handlers: Worker#run in One and Worker#run in Two.');
});

it.each<[string, () => unknown, string]>([
  [
    'no object',
    () => ReqRepModule.forRoot('redis://localhost' as never),
    'Expected the options of ReqRepModule to be an object, got a string',
  ],
  [
    'null',
    () => ReqRepModule.forRoot(null as never),
    'Expected the options of ReqRepModule to be an object, got `null`',
  ],
  [
    'an empty name',
    () => ReqRepModule.forRoot({ name: '' }),
    'Expected name in the options of ReqRepModule to be a non-empty string, got "" (string)',
  ],
  [
    'a name from a factory',
    () =>
      startModule({
        imports: [ReqRepModule.forRootAsync({ useFactory: () => ({ name: 'x' }) as object })],
      }),
    'Expected name of ReqRepModule to be next to `useFactory`',
  ],
  [
    'nothing from a factory',
    () =>
      startModule({
        imports: [ReqRepModule.forRootAsync({ useFactory: () => undefined as never })],
      }),
    'Expected the options of ReqRepModule to be an object, got `undefined`',
  ],
])('the module rejects %s', async (_, start, text) => {
  await expect((async () => start())()).rejects.toThrow(text);
});
