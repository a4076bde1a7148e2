import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, UseGuards, type CanActivate } from '@nestjs/common';
import { from, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import {
  InvalidOptionError,
  OnJob,
  RemoteError,
  RequestClient,
  type AroundJob,
  type JobContext,
  type OutgoingHeaders,
  type ReqRepModuleOptions,
} from '../../lib/index.js';
import { startApp, type TestApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();
const spans = new AsyncLocalStorage<string>();

/** A trace without a tracing library: each job is a span below the span of its header. */
const TRACED: ReqRepModuleOptions = {
  outgoingHeaders: () => ({ traceparent: spans.getStore() }),
  aroundJob: (job, next) => spans.run(`${job.headers['traceparent']}/${job.queue}`, next),
};

const seen: string[] = [];
const see = (where: string): void => void seen.push(`${where} ${spans.getStore()}`);

@Injectable()
class Guard implements CanActivate {
  async canActivate(): Promise<boolean> {
    see('guard');
    return true;
  }
}

@Injectable()
class Front {
  constructor(private readonly client: RequestClient) {}

  @UseGuards(Guard)
  @OnJob('front')
  async answer(data: unknown): Promise<unknown> {
    see('front');
    await delay(1);
    return this.client.request('back', data);
  }
}

@Injectable()
class Back {
  @OnJob('back')
  answer(_data: unknown, job: JobContext): unknown {
    see('back');
    return job.headers;
  }

  @OnJob('values')
  async *values(): AsyncGenerator<string | undefined> {
    yield spans.getStore();
    await delay(1);
    yield spans.getStore();
  }

  @UseGuards(Guard)
  @OnJob('guarded-values')
  guarded(): AsyncGenerator<string | undefined> {
    return this.values();
  }
}

it('a trace follows a request through two applications', async () => {
  const prefix = randomQueue();
  const options = { connection: server.url, prefix, ...TRACED };
  const [{ client }] = await Promise.all([
    startApp({ ...options, workers: false }),
    startApp(options, [Front]),
    startApp(options, [Back]),
  ]);
  seen.length = 0;
  expect(await spans.run('start', () => client.request('front'))).toEqual({
    traceparent: 'start/front',
  });
  expect(seen).toEqual(['guard start/front', 'front start/front', 'back start/front/back']);
  for (const queue of ['values', 'guarded-values']) {
    const values = spans.run('start', () => lastValueFrom(client.send(queue).pipe(toArray())));
    expect(await values).toEqual([`start/${queue}`, `start/${queue}`]);
  }
});

describe('outgoingHeaders', () => {
  @Injectable()
  class Echo {
    constructor(private readonly client: RequestClient) {}

    @OnJob('echo')
    echo(_data: unknown, job: JobContext): unknown {
      return job.headers;
    }

    @OnJob('relay')
    relay(_data: unknown): unknown {
      return this.client.send('echo');
    }
  }

  const start = (outgoingHeaders: OutgoingHeaders): Promise<TestApp> =>
    startApp(
      {
        connection: server.url,
        prefix: randomQueue(),
        inheritedHeaders: ['inherited', 'shared'],
        outgoingHeaders,
      },
      [Echo],
    );

  it('yield to headers of the call and override those of the job', async () => {
    const { client } = await start((queue) => ({ queue, shared: 'added', own: 'added' }));
    expect(await client.request('echo', 1, { headers: { own: 'own' } })).toEqual({
      queue: 'echo',
      shared: 'added',
      own: 'own',
    });
    const headers = { inherited: 'of the job', shared: 'of the job' };
    expect(await client.request('relay', 1, { headers })).toEqual({
      queue: 'echo',
      inherited: 'of the job',
      shared: 'added',
      own: 'added',
    });
  });

  it('may be none, or have `undefined` values', async () => {
    let returned: Record<string, string | undefined> | undefined;
    const { client } = await start(() => returned);
    expect(await client.request('echo')).toEqual({});
    returned = { there: 'yes', absent: undefined };
    expect(await client.request('echo')).toEqual({ there: 'yes' });
  });

  it.each<[string, unknown, string]>([
    ['a number', () => ({ size: 7 }), 'one whose header "size" is `7` (number)'],
    ['a promise', async () => ({ tenant: 'acme' }), 'one that returns a promise'],
    ['an array', () => ['tenant'], 'one that returns an array'],
    [
      'an error',
      () => {
        throw new Error('no store');
      },
      'one that throws: no store',
    ],
  ])('end the call with an error if they are %s', async (_, outgoingHeaders, received) => {
    const { client } = await start(outgoingHeaders as OutgoingHeaders);
    const message = `Expected outgoingHeaders in the options of ReqRepModule to be a function that returns an object of strings, got ${received}`;
    for (const call of [client.send('echo'), from(client.request('echo')), client.emit('echo')]) {
      const error = await failureOf(call);
      expect(error).toBeInstanceOf(InvalidOptionError);
      expect(error).toMatchObject({ message });
    }
    expect(client.pending).toBe(0);
  });

  it('must be a function', async () => {
    await expect(start({} as never)).rejects.toThrow(
      'outgoingHeaders in the options of ReqRepModule',
    );
  });
});

describe('aroundJob', () => {
  let runs = 0;

  @Injectable()
  class Worker {
    @OnJob('job')
    run(data: unknown, job: JobContext): unknown {
      runs++;
      if (data === 'fail') {
        throw new RangeError('out of range');
      }
      if (data === 'wait') {
        return new Promise((resolve) => job.signal.addEventListener('abort', resolve));
      }
      return data;
    }

    @OnJob('stream')
    async *stream(data: unknown, job: JobContext): AsyncGenerator<number> {
      yield 1;
      if (data === 'fail') {
        throw new RangeError('out of range');
      }
      if (data === 'wait') {
        await new Promise((resolve) => job.signal.addEventListener('abort', resolve));
      }
      yield 2;
    }
  }

  const start = async (aroundJob: AroundJob): Promise<TestApp> => {
    runs = 0;
    return startApp({ connection: server.url, prefix: randomQueue(), aroundJob }, [Worker]);
  };

  it('gets the result of each job when it has ended', async () => {
    const ends: unknown[] = [];
    const { client } = await start(async (_job, next) => {
      await next().then(
        (reply) => ends.push(['reply', reply]),
        (error: Error) => ends.push(['error', error.message]),
      );
    });
    expect(await client.request('job', 'data')).toBe('data');
    expect(await failureOf(client.send('job', 'fail'))).toBeInstanceOf(RemoteError);
    expect(await lastValueFrom(client.send('stream').pipe(toArray()))).toEqual([1, 2]);
    expect(await failureOf(client.send('stream', 'fail'))).toBeInstanceOf(RemoteError);
    const first = new Promise((resolve) => {
      const subscription = client.send('stream', 'wait').subscribe(() => {
        subscription.unsubscribe();
        resolve(undefined);
      });
    });
    await first;
    await waitFor(() => ends.length === 5);
    expect(ends).toEqual([
      ['reply', 'data'],
      ['error', 'out of range'],
      ['reply', undefined],
      ['error', 'out of range'],
      ['error', expect.any(String)],
    ]);
  });

  it.each<[string, AroundJob, string, number]>([
    [
      'never calls next',
      () => 'done',
      'The option aroundJob returned without calling next(), so the job was not run',
      0,
    ],
    [
      'throws before it',
      () => {
        throw new Error('not today');
      },
      'not today',
      0,
    ],
    [
      'rejects before it',
      async () => {
        throw new Error('not today');
      },
      'not today',
      0,
    ],
  ])('one that %s ends the job with an error', async (_, hook, message, count) => {
    const { client } = await start(hook);
    expect(await failureOf(client.send('job', 'data'))).toMatchObject({ message });
    expect(await failureOf(client.send('stream', 'data'))).toMatchObject({ message });
    expect(runs).toBe(count);
  });

  it.each<[string, AroundJob]>([
    ['does not wait', (_job, next) => void next()],
    ['calls next twice', async (_job, next) => [await next(), await next()]],
    ['returns something else', async (_job, next) => (await next(), 'else')],
    [
      'throws behind it',
      async (_job, next) => {
        await next();
        throw new Error('behind');
      },
    ],
    [
      'throws at once behind it',
      (_job, next) => {
        void next();
        throw new Error('behind');
      },
    ],
  ])('one that %s changes nothing', async (_, hook) => {
    const { client, app } = await start(hook);
    expect(await client.request('job', 'data')).toBe('data');
    expect(runs).toBe(1);
    expect(await failureOf(client.send('job', 'fail'))).toMatchObject({ message: 'out of range' });
    expect(await lastValueFrom(client.send('stream').pipe(toArray()))).toEqual([1, 2]);
    expect(app.get(RequestClient).pending).toBe(0);
  });

  it('an error that it throws after the job is logged', async () => {
    const { client, log } = await start(async (_job, next) => {
      await next();
      throw new Error('the span is closed');
    });
    expect(await client.request('job', 'data')).toBe('data');
    await waitFor(() => log.lines.some((line) => String(line).includes('the span is closed')));
    expect(log.lines.map(String).join('\n')).toContain('Worker#run failed in aroundJob on job');
  });

  it('next() has no effect once the job has ended without it', async () => {
    const late = vi.fn();
    const { client } = await start((_job, next) => {
      setTimeout(() => next().catch(late), 5);
    });
    expect(await failureOf(client.send('job', 'data'))).toBeInstanceOf(RemoteError);
    await waitFor(() => late.mock.calls.length === 1);
    expect(runs).toBe(0);
    expect(late.mock.calls[0]?.[0]).toMatchObject({
      message:
        'aroundJob called next() too late, after the job had already ended; call it before aroundJob returns or throws',
    });
  });

  it('ends a cancelled job', async () => {
    const { app, client } = await start((_job, next) => next());
    const pushed = vi.fn();
    const subscription = client.send('job', 'wait', { onPushed: pushed }).subscribe();
    await waitFor(() => runs === 1);
    subscription.unsubscribe();
    const { ReplyWorkers } = await import('../../lib/index.js');
    await waitFor(() => app.get(ReplyWorkers).status.queues.every(({ busy }) => busy === 0));
  });

  it('must be a function', async () => {
    await expect(start('hook' as never)).rejects.toThrow(
      'aroundJob in the options of ReqRepModule',
    );
  });
});
