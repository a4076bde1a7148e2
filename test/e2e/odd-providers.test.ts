import { Inject, Injectable, Scope, type Provider } from '@nestjs/common';
import { APP_GUARD, ContextIdFactory, REQUEST } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { firstValueFrom } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import {
  OnJob,
  RemoteError,
  ReqRepModule,
  RequestClient,
  type JobContext,
} from '../../lib/index.js';
import { startApp, startModule } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { RecordedLog } from '../support/recorded-log.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

function answering(queue: string) {
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(data: unknown) {
      if (data === 'fail') {
        throw new Error('odd');
      }
      return data;
    }
  }
  return Worker;
}

describe('a logger that throws', () => {
  /** Throws for lines of the library only, since Nest itself fails if its own lines throw. */
  class Throwing extends RecordedLog {
    private static check(parts: readonly unknown[]) {
      if (String(parts.at(-1)).startsWith('ReqRep')) {
        throw new Error('disk full');
      }
    }
    override log(...parts: unknown[]) {
      Throwing.check(parts);
    }
    override warn(...parts: unknown[]) {
      Throwing.check(parts);
    }
    override error(...parts: unknown[]) {
      Throwing.check(parts);
      super.error(...parts);
    }
  }

  it('does not keep an application from starting, working and closing', async () => {
    const queue = randomQueue();
    const log = new Throwing();
    const app = await Test.createTestingModule({
      // Both cause a log line: the prefix a warning, and the handler an error.
      imports: [ReqRepModule.forRoot({ connection: server.url, prefix: `${queue}x` })],
      providers: [answering(queue)],
    })
      .setLogger(log)
      .compile();
    await app.init();
    const client = app.get(RequestClient, { strict: false });
    expect(await failureOf(client.send(queue, 'fail'))).toBeInstanceOf(RemoteError);
    await server.look.lpush(`${queue}x${queue}requests`, 'unreadable');
    expect(await firstValueFrom(client.send(queue, 'more'))).toBe('more');
    await app.close();
    expect(log.lines).toEqual([]);
    expect(await server.look.keys(`${queue}x${queue}worker*`)).toEqual([]);
  });
});

describe('a factory of options', () => {
  const thrown = new Error('no vault');
  it.each([
    ['throws', () => Promise.reject(thrown), (error: unknown) => error === thrown],
    [
      'makes nothing',
      () => undefined as never,
      (error: unknown) => String(error).includes('the options of ReqRepModule to be an object'),
    ],
  ])('that %s fails the start with that error', async (_, useFactory, isExpected) => {
    const error = await startModule({ imports: [ReqRepModule.forRootAsync({ useFactory })] }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toSatisfy(isExpected);
  });
});

describe('a provider', () => {
  it('that throws when it is read is named in the log, and the handlers of all others are served', async () => {
    const queue = randomQueue();
    const elusive = new Proxy(
      {},
      {
        get: () => undefined,
        getPrototypeOf: () => {
          throw new Error('not yet');
        },
      },
    );
    const { client, log } = await startApp({ connection: server.url }, [
      { provide: 'elusive', useFactory: () => elusive },
      answering(queue),
    ]);
    expect(await firstValueFrom(client.send(queue, 'here'))).toBe('here');
    expect(log.lines).toEqual([
      expect.stringMatching(/^warn The provider elusive in RootTestModule .*: not yet ReqRep$/),
    ]);
  });

  it('with getters is searched without calling them', async () => {
    const queue = randomQueue();
    class Base {
      hidden(): unknown {
        return 'a method';
      }
    }
    class Worker extends answering(queue) {
      get broken(): never {
        throw new Error('never to be called');
      }
      static get broken(): never {
        throw new Error('never to be called');
      }
    }
    class Hiding extends Base {}
    Object.defineProperty(Hiding.prototype, 'hidden', {
      get: () => {
        throw new Error('never to be called');
      },
    });
    const { client, log } = await startApp({ connection: server.url }, [Worker, Hiding]);
    expect(await firstValueFrom(client.send(queue, 'here'))).toBe('here');
    expect(log.lines).toEqual([]);
  });

  it('that is a proxy of a worker is served', async () => {
    const queue = randomQueue();
    const { client } = await startApp({ connection: server.url }, [
      { provide: 'traced', useFactory: () => new Proxy(new (answering(queue))(), {}) },
    ]);
    expect(await firstValueFrom(client.send(queue, 'here'))).toBe('here');
  });
});

describe('a request-scoped handler', () => {
  afterEach(() => ContextIdFactory.apply(undefined as never));

  /** A worker whose second dependency is created by a given factory. */
  function scoped(
    queue: string,
    make: (job: JobContext) => unknown,
  ): { providers: Provider[]; ran: unknown[] } {
    const ran: unknown[] = [];
    @Injectable({ scope: Scope.REQUEST })
    class Worker {
      constructor(@Inject('unit') readonly unit: unknown) {}

      @OnJob(queue, { concurrency: 1 })
      run(data: unknown) {
        ran.push(data);
        return data;
      }
    }
    const unit = { provide: 'unit', scope: Scope.REQUEST, inject: [REQUEST], useFactory: make };
    return { providers: [unit, Worker], ran };
  }

  it.each<[string, () => unknown]>([
    ['throws', () => expect.fail('no unit')],
    ['rejects', () => Promise.reject(new Error('no unit'))],
  ])('ends only its own request with an error if it %s', async (_, fail) => {
    const queue = randomQueue();
    let isBroken = true;
    const { providers, ran } = scoped(queue, () => (isBroken ? fail() : 'unit'));
    const { client } = await startApp({ connection: server.url }, providers);
    const error = await failureOf(client.send(queue, 1, { timeout: 5_000 }));
    expect(error).toBeInstanceOf(RemoteError);
    expect(error).toMatchObject({ message: expect.stringContaining('no unit') });
    isBroken = false;
    expect(await firstValueFrom(client.send(queue, 2))).toBe(2);
    expect(ran).toEqual([2]);
  });

  it('does not run a job that was cancelled while the handler was created', async () => {
    const queue = randomQueue();
    const made: { job: JobContext; finish: () => void }[] = [];
    const { providers, ran } = scoped(
      queue,
      (job) => new Promise<void>((finish) => made.push({ job, finish })),
    );
    const { client } = await startApp({ connection: server.url }, providers);
    const cancelled = client.send(queue, 'cancelled').subscribe();
    await waitFor(() => made.length === 1);
    cancelled.unsubscribe();
    await waitFor(() => made[0]?.job.signal.aborted === true);
    made[0]?.finish();
    const reply = firstValueFrom(client.send(queue, 'next'));
    await waitFor(() => made.length === 2);
    made[1]?.finish();
    expect(await reply).toBe('next');
    expect(ran).toEqual(['next']);
  });

  it('ends only its own request with an error if the context id strategy throws', async () => {
    const queue = randomQueue();
    const { providers } = scoped(queue, () => 'unit');
    const { client } = await startApp({ connection: server.url }, providers);
    ContextIdFactory.apply({
      attach: () => {
        throw new Error('no tenant');
      },
    });
    const error = await failureOf(client.send(queue, 1, { timeout: 5_000 }));
    expect(error).toMatchObject({ message: 'no tenant' });
    ContextIdFactory.apply(undefined as never);
    expect(await firstValueFrom(client.send(queue, 2))).toBe(2);
  });

  it('ends only its own request with an error if a global guard cannot be created', async () => {
    const queue = randomQueue();
    let isBroken = true;
    @Injectable({ scope: Scope.REQUEST })
    class Guard {
      constructor() {
        if (isBroken) {
          throw new Error('no guard');
        }
      }
      canActivate() {
        return true;
      }
    }
    const { client } = await startApp({ connection: server.url, globalEnhancers: true }, [
      { provide: APP_GUARD, useClass: Guard },
      answering(queue),
    ]);
    expect(await failureOf(client.send(queue, 1, { timeout: 5_000 }))).toMatchObject({
      message: 'no guard',
    });
    isBroken = false;
    expect(await firstValueFrom(client.send(queue, 2))).toBe(2);
  });
});
