import {
  Injectable,
  UseFilters,
  UseInterceptors,
  type ExceptionFilter,
  type NestInterceptor,
} from '@nestjs/common';
import { concat, defer, delay, finalize, lastValueFrom, map, of, throwError, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { OnJob, type JobContext, type RequestClient } from '../../lib/index.js';
import { ENDING, RETURNED, STUBBORN, THROWN } from '../processes/hostile.js';
import type { HostileJob } from '../processes/hostile-worker.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { hasEnded, startProcess } from '../support/processes.js';
import { randomQueue } from '../support/random-queue.js';
import { itOnRedis, useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

/** The names of what a caller may get instead of a reply: no timeout, no lost worker. */
const CALLER_ERROR = /^(RemoteError|SerializationError|HttpException|Unreadable|Error)$/;

const throwThis = (name: string): never => {
  throw THROWN[name]?.();
};

/** How a request ends: how often, and with what. */
async function endsOf(client: RequestClient, queue: string, data: unknown): Promise<string> {
  const ends: string[] = [];
  await new Promise<void>((resolve) => {
    const end = (text: string) => () => {
      ends.push(text);
      resolve();
    };
    client
      .send(queue, data, { timeout: 15_000 })
      .subscribe({ error: (error: Error) => end(error.name)(), complete: end('complete') });
  });
  return ends.join();
}

const isFree = (queue: string) => async (): Promise<boolean> =>
  (await server.look.keys(`${queue}active:*`)).length === 0;

/** An application whose handlers throw what their job names, each in another way. */
async function startThrowing() {
  const queues = {
    'at once': randomQueue(),
    later: randomQueue(),
    'from an Observable': randomQueue(),
    'from an Observable, behind a value': randomQueue(),
    'from an AsyncIterable': randomQueue(),
    'from an interceptor': randomQueue(),
    'from an operator of an interceptor': randomQueue(),
    'from a filter': randomQueue(),
    'behind an interceptor and a filter': randomQueue(),
  };
  class Before implements NestInterceptor {
    intercept(context: { getArgByIndex(index: number): string }): never {
      return throwThis(context.getArgByIndex(0));
    }
  }
  class Among implements NestInterceptor {
    intercept(
      context: { getArgByIndex(index: number): string },
      next: Parameters<NestInterceptor['intercept']>[1],
    ) {
      return next.handle().pipe(map(() => throwThis(context.getArgByIndex(0))));
    }
  }
  class Through implements NestInterceptor {
    intercept(_: unknown, next: Parameters<NestInterceptor['intercept']>[1]) {
      return next.handle();
    }
  }
  class Filter implements ExceptionFilter {
    catch(_: unknown, host: { getArgByIndex(index: number): string }): never {
      return throwThis(host.getArgByIndex(0));
    }
  }
  class Looking implements ExceptionFilter {
    catch(): void {}
  }
  @Injectable()
  class Worker {
    @OnJob(queues['at once'])
    atOnce(name: string) {
      return throwThis(name);
    }

    @OnJob(queues.later)
    async later(name: string) {
      await Promise.resolve();
      throwThis(name);
    }

    @OnJob(queues['from an Observable'])
    observable(name: string) {
      return throwError(() => THROWN[name]?.());
    }

    @OnJob(queues['from an Observable, behind a value'])
    behind(name: string) {
      return concat(
        of(1),
        defer(() => throwThis(name)),
      );
    }

    @OnJob(queues['from an AsyncIterable'])
    async *iterable(name: string) {
      yield 1;
      throwThis(name);
    }

    @UseInterceptors(new Before())
    @OnJob(queues['from an interceptor'])
    intercepted() {}

    @UseInterceptors(new Among())
    @OnJob(queues['from an operator of an interceptor'])
    async *mapped() {
      yield 1;
    }

    @UseFilters(new Filter())
    @OnJob(queues['from a filter'])
    filtered() {
      throw new Error('to be filtered');
    }

    @UseInterceptors(new Through())
    @UseFilters(new Looking())
    @OnJob(queues['behind an interceptor and a filter'])
    surrounded(name: string) {
      return throwThis(name);
    }
  }
  return {
    queues,
    ...(await startApp({ connection: server.url, errors: [RangeError] }, [Worker])),
  };
}

describe('an odd error', () => {
  it('reaches its caller as one end, however it is thrown, and is told to the log', async () => {
    const { queues, client, log } = await startThrowing();
    const ends = await Promise.all(
      Object.entries(queues).flatMap(([way, queue]) =>
        Object.keys(THROWN).map(async (name) => [way, name, await endsOf(client, queue, name)]),
      ),
    );
    expect(ends.filter(([, , end]) => !CALLER_ERROR.test(String(end)))).toEqual([]);
    for (const method of ['atOnce', 'later', 'observable', 'behind', 'iterable', 'intercepted']) {
      expect(log.text).toContain(`Worker#${method} failed on job`);
    }
    expect(log.text).toContain('Worker#atOnce failed in a property of the error it threw on job');
    for (const queue of Object.values(queues)) {
      await waitFor(isFree(queue));
    }
  });

  it('comes with what of it can be read', async () => {
    const { queues, client } = await startThrowing();
    const messages = await Promise.all(
      [
        'an error whose prototype has no constructor',
        'an error without a prototype',
        'an HttpException whose getResponse() throws',
        'nothing',
        'a frozen error',
      ].map((name) => failureOf(client.send(queues['at once'], name))),
    );
    expect(messages).toMatchObject([
      { message: 'lost its class' },
      { message: 'nobody' },
      { message: 'no body' },
      { message: 'undefined' },
      { message: 'cold' },
    ]);
  });
});

/** An application whose handler does what its job names. */
async function startReturning(returns: typeof RETURNED) {
  const [queue, intercepted] = [randomQueue(), randomQueue()];
  class Through implements NestInterceptor {
    intercept(_: unknown, next: Parameters<NestInterceptor['intercept']>[1]) {
      return next.handle();
    }
  }
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(name: string, job: JobContext): unknown {
      return returns[name]?.(job) ?? name;
    }

    @UseInterceptors(new Through())
    @OnJob(intercepted)
    async later(name: string, job: JobContext) {
      return returns[name]?.(job) ?? name;
    }
  }
  return {
    queues: [queue, intercepted],
    ...(await startApp({ connection: server.url }, [Worker])),
  };
}

it('an odd result ends in one error for its caller', async () => {
  const { queues, client, log } = await startReturning(RETURNED);
  const ends = await Promise.all(
    queues.flatMap((queue) =>
      Object.keys(RETURNED).map(async (name) => [name, await endsOf(client, queue, name)]),
    ),
  );
  expect(ends.filter(([, end]) => !CALLER_ERROR.test(String(end)))).toEqual([]);
  expect(log.text).toContain('Worker#run failed on job');
});

describe('code that throws when its job is ended', () => {
  it.each([
    ['its caller unsubscribes', undefined],
    ['its deadline passes', 500],
  ])('is told to the log, and to nobody else: %s', async (_, timeout) => {
    const { queues, client, log } = await startReturning(STUBBORN);
    const names = Object.keys(STUBBORN);
    const asked = queues.flatMap((queue) =>
      names.map((name) =>
        client.send(queue, name, { timeout }).subscribe({ error: () => undefined }),
      ),
    );
    const [queue = '', other = ''] = queues;
    expect(await lastValueFrom(client.send(queue, 'begun'))).toBe('begun');
    expect(await lastValueFrom(client.send(other, 'begun'))).toBe('begun');
    if (timeout === undefined) {
      asked.forEach((subscription) => subscription.unsubscribe());
    }
    await waitFor(isFree(queue));
    await waitFor(isFree(other));
    for (const method of ['run', 'later']) {
      for (const what of [
        'the teardown of its Observable',
        'return() of its iterator',
        'a listener of job.signal',
      ]) {
        expect(log.text).toContain(`Worker#${method} failed in ${what} on job`);
      }
    }
    expect(await lastValueFrom(client.send(queue, 'next'))).toBe('next');
  });

  it('throws at nobody when its stream ends by itself, in a handler or in an interceptor', async () => {
    const queues = Array.from({ length: 4 }, randomQueue);
    const [direct = '', intercepted = '', finalized = '', filtered = ''] = queues;
    const fail = (): never => {
      throw new Error('finalized');
    };
    type Next = Parameters<NestInterceptor['intercept']>[1];
    class Through implements NestInterceptor {
      intercept(_: unknown, next: Next) {
        return next.handle();
      }
    }
    class Finalizing implements NestInterceptor {
      intercept(_: unknown, next: Next) {
        return next.handle().pipe(delay(1), finalize(fail));
      }
    }
    class Filter implements ExceptionFilter {
      catch() {
        return timer(1).pipe(finalize(fail));
      }
    }
    @Injectable()
    class Worker {
      @OnJob(direct)
      run(name: string): unknown {
        return ENDING[name]?.();
      }

      @UseInterceptors(new Through(), new Through())
      @OnJob(intercepted)
      async later(name: string) {
        return ENDING[name]?.();
      }

      @UseInterceptors(new Finalizing(), new Through(), new Finalizing())
      @OnJob(finalized)
      surrounded(name: string): unknown {
        return ENDING[name]?.();
      }

      @UseFilters(new Filter())
      @OnJob(filtered)
      filtered() {
        throw new Error('to be filtered');
      }
    }
    const { client, log } = await startApp({ connection: server.url }, [Worker]);
    const ends = await Promise.all(
      queues.flatMap((queue) =>
        Object.keys(ENDING).map(async (name) => [name, await endsOf(client, queue, name)]),
      ),
    );
    expect(ends.filter(([, end]) => end !== 'complete')).toEqual([]);
    for (const queue of queues) {
      await waitFor(isFree(queue));
    }
    for (const method of ['run', 'later', 'surrounded', 'filtered']) {
      expect(log.text).toContain(
        `Worker#${method} failed in the teardown of its Observable on job`,
      );
    }
  });
});

itOnRedis(
  'odd code ends no job but its own: each of 3 000 others in its process is answered, once',
  async () => {
    const queue = randomQueue();
    const worker = await startProcess('hostile-worker', { QUEUE: queue, REDIS_URL: server.url });
    const logged: string[] = [];
    worker.on('message', ({ logged: line }: { logged: string }) => logged.push(line));
    const { client } = await startApp({ connection: server.url, workers: false });
    const odd: HostileJob[] = [
      ...Object.keys(THROWN).map((thrown) => ({ thrown })),
      ...Object.keys(THROWN).map((thrownLater) => ({ thrownLater })),
      ...Object.keys(RETURNED).map((returned) => ({ returned })),
    ];
    const stubborn = Object.keys(STUBBORN).map((name) =>
      client.send(queue, { stubborn: name }).subscribe({ error: () => undefined }),
    );
    const between = Math.floor(3_000 / odd.length);
    const jobs = Array.from({ length: 3_000 }, (_, index): HostileJob[] => {
      const next = index % between === 0 ? odd[index / between] : undefined;
      return next ? [{ echo: index }, next] : [{ echo: index }];
    }).flat();
    const ends = await Promise.all(
      jobs.map(async (job) => [job, await endsOf(client, queue, job)] as const),
    );
    const isRight = ({ echo }: HostileJob, end: string): boolean =>
      echo === undefined ? CALLER_ERROR.test(end) : end === 'complete';
    expect(ends.filter(([job, end]) => !isRight(job, end))).toEqual([]);
    const runs = await lastValueFrom(client.send(queue, { count: true }));
    expect(runs).toBe(jobs.length + stubborn.length + 1);
    stubborn.forEach((subscription) => subscription.unsubscribe());
    await waitFor(isFree(queue));
    expect(hasEnded(worker)).toBe(false);
    expect(await server.look.exists(`${queue}deadids`)).toBe(0);
    await waitFor(() => logged.join().includes('Worker#run failed in a listener of job.signal'));
    expect(logged.length).toBeLessThan(200);
  },
);
