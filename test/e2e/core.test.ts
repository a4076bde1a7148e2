import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { NotFoundException } from '@nestjs/common';
import { lastValueFrom, of, throwError, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  ConnectionFailedError,
  DuplicateJobHandlerError,
  InvalidOptionError,
  RemoteError,
  RequestTimeoutError,
  type JobContext,
} from '../../lib/core/index.js';
import { failureOf } from '../support/failure-of.js';
import { freePort } from '../support/free-port.js';
import { openReqRep } from '../support/open-reqrep.js';
import { randomQueue } from '../support/random-queue.js';
import { RestartableRedis } from '../support/restartable-redis.js';
import { itOnRedis, useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

const open = (options = {}) => openReqRep({ connection: server.url, ...options });

describe('a request without Nest', () => {
  it('gets what the handler returns', async () => {
    const { client, workers } = open();
    const queue = randomQueue();
    await workers.serve(queue, async ({ id }: { id: string }, job) => ({ id, job: job.queue }));
    expect(await client.request(queue, { id: 'A7' })).toEqual({ id: 'A7', job: queue });
  });

  it.each<[string, () => unknown]>([
    ['an Observable', () => of(1, 2, 3)],
    ['an iterator', () => [1, 2, 3].values()],
    [
      'an async generator',
      async function* () {
        yield* [1, 2, 3];
      },
    ],
  ])('gets each value of %s', async (_, handler) => {
    const { client, workers } = open();
    const queue = randomQueue();
    await workers.serve(queue, handler);
    expect(await lastValueFrom(client.send(queue).pipe(toArray()))).toEqual([1, 2, 3]);
  });

  it('gets the error of the handler', async () => {
    const { client, workers, lines } = open();
    const queue = randomQueue();
    await workers.serve(queue, () => throwError(() => new TypeError('no such report')));
    const error = await failureOf(client.send(queue));
    expect(error).toBeInstanceOf(RemoteError);
    expect(error).toMatchObject({ message: 'no such report', remote: { name: 'TypeError' } });
    expect(lines.join('\n')).toContain('error');
  });

  it('gets an error of a registered class as one of that class', async () => {
    class Declined extends Error {
      constructor(readonly limit: number) {
        super('declined');
      }
    }
    const { client, workers } = open({ errors: [Declined] });
    const queue = randomQueue();
    await workers.serve(queue, () => Promise.reject(new Declined(5)));
    const error = await failureOf(client.send(queue));
    expect(error).toBeInstanceOf(Declined);
    expect(error).toMatchObject({ limit: 5 });
  });

  it('aborts the signal of its job when its caller unsubscribes', async () => {
    const { client, workers } = open();
    const queue = randomQueue();
    const seen = { started: false, aborted: false };
    await workers.serve(queue, async (_, job) => {
      seen.started = true;
      await once(job.signal, 'abort');
      seen.aborted = true;
    });
    const subscription = client.send(queue).subscribe();
    await waitFor(() => seen.started);
    subscription.unsubscribe();
    await waitFor(() => seen.aborted);
  });

  it('inherits from the job whose handler sends it', async () => {
    const { client, workers } = open({ inheritedHeaders: ['tenant'] });
    const [first, last] = [randomQueue(), randomQueue()];
    const told = ({ headers, deadline }: JobContext) => ({ headers, deadline });
    await workers.serve(last, (_, job) => told(job));
    await workers.serve(first, async (_, job) => [told(job), await client.request(last)]);
    const headers = { tenant: 'acme' };
    const [outer, inner] = await client.request<ReturnType<typeof told>[]>(first, null, {
      headers,
      timeout: 5_000,
    });
    expect(inner?.headers).toEqual(headers);
    expect(Math.abs((inner?.deadline ?? 0) - (outer?.deadline ?? 0))).toBeLessThan(1_000);
  });

  it('times out with advice that does not mention Nest', async () => {
    const { client, workers } = open();
    const queue = randomQueue();
    const ask = async () => String(await failureOf(client.send(queue, 1, { timeout: 100 })));
    expect(await ask()).toContain('no live worker serves the queue');
    expect(await ask()).toContain('Start a process that serves it.');
    await workers.serve(queue, () => 1);
    await workers.pause(queue);
    expect(await ask()).toContain(`This process has paused it: call resume('${queue}') of its`);
    await workers.stop();
    expect(await ask()).toContain('call start() of its workers, or start another process that');
  });

  it('ends with its own timeout', async () => {
    const { client, workers } = open({ timeout: 50 });
    const queue = randomQueue();
    await workers.serve(queue, (_, job) => once(job.signal, 'abort'));
    expect(await failureOf(client.send(queue))).toBeInstanceOf(RequestTimeoutError);
  });
});

describe('workers.serve', () => {
  it('may be called at any time, for one queue after the other', async () => {
    const { client, workers } = open();
    const queues = [randomQueue(), randomQueue(), randomQueue()];
    for (const [index, queue] of queues.entries()) {
      await workers.serve(queue, () => index);
      expect(workers.status.state).toBe('running');
    }
    const replies = await Promise.all(queues.map((queue) => client.request(queue)));
    expect(replies).toEqual([0, 1, 2]);
    expect(workers.status.queues.map(({ queue }) => queue)).toEqual(queues);
  });

  it('uses the options of the handler, and else those of the instance', async () => {
    const { client, workers } = open({ concurrency: 3 });
    const [own, usual] = [randomQueue(), randomQueue()];
    await workers.serve(own, (_, job) => once(job.signal, 'abort'), {
      concurrency: 5,
      timeout: 20,
    });
    await workers.serve(usual, () => 1);
    expect(workers.status.queues.map(({ concurrency }) => concurrency)).toEqual([5, 3]);
    expect(await failureOf(client.send(own))).toMatchObject({ remote: { code: 'JOB_TIMEOUT' } });
  });

  it('logs the queue with the name of the handler', async () => {
    const { workers, lines } = open();
    const [named, unnamed] = [randomQueue(), randomQueue()];
    await workers.serve(named, function render() {
      return 1;
    });
    await workers.serve(unnamed, () => 1);
    expect(lines).toEqual([
      expect.stringContaining(`log Serving "${named}" (render, concurrency 16) on ${server.name}`),
      expect.stringContaining(`log Serving "${unnamed}" (an unnamed function, concurrency 16)`),
    ]);
  });

  it('rejects a second handler for a queue, and keeps the first', async () => {
    const { client, workers } = open();
    const queue = randomQueue();
    const first = () => 'first';
    const serving = workers.serve(queue, first);
    const error = await workers.serve(queue, () => 'second').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DuplicateJobHandlerError);
    expect(error).toMatchObject({ queue, handlers: ['first', 'an unnamed function'] });
    await serving;
    expect(await client.request(queue)).toBe('first');
  });

  it.each<[string, unknown[], string]>([
    ['an empty queue', ['', () => 1], 'queue in a call to `workers.serve`'],
    ['no queue', [undefined, () => 1], 'queue in a call to `workers.serve`'],
    ['no handler', ['reports'], 'the handler in workers.serve("reports")'],
    ['a wrong option', ['reports', () => 1, { concurrency: 0 }], 'concurrency in workers.serve('],
    ['an option of @OnJob', ['reports', () => 1, { instance: 'a' }], 'instance in workers.serve('],
    ['options that are none', ['reports', () => 1, 8], 'the options of workers.serve("reports")'],
  ])('rejects %s', async (_, args, option) => {
    const { workers } = open();
    const serve = workers.serve.bind(workers) as (...given: unknown[]) => Promise<void>;
    const error = await serve(...args).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect((error as InvalidOptionError).option).toContain(option);
    expect(workers.status.queues).toEqual([]);
  });

  itOnRedis('waits for an unreachable Redis, and logs that', async () => {
    const redis = await RestartableRedis.start();
    await redis.kill();
    const { client, workers, lines, close } = openReqRep({ connection: redis.url });
    const queue = randomQueue();
    let isServing = false;
    const serving = workers.serve(queue, () => 'late').then(() => (isServing = true));
    await waitFor(() => lines.some((line) => line.startsWith('warn')));
    expect(workers.status.state).toBe('starting');
    expect(isServing).toBe(false);
    await redis.restart();
    await serving;
    expect(await client.request(queue)).toBe('late');
    await close();
    await redis.stop();
  });

  it('resolves when everything is closed while Redis is unreachable', async () => {
    const { workers, close } = openReqRep({ connection: `redis://127.0.0.1:${await freePort()}` });
    const serving = workers.serve(randomQueue(), () => 1);
    await close();
    await serving;
    expect(workers.status.state).toBe('stopped');
  });

  itOnRedis('fails within the time of failFast, and can be called again', async () => {
    const redis = await RestartableRedis.start();
    await redis.kill();
    const { client, workers, close } = openReqRep({ connection: redis.url, failFast: 200 });
    const queue = randomQueue();
    const error = await workers.serve(queue, () => 1).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConnectionFailedError);
    expect(String(error)).toContain('Redis could not be used within 200 ms');
    expect(workers.status.queues).toEqual([]);
    await redis.restart();
    await waitFor(async () =>
      workers
        .serve(queue, () => 2)
        .then(
          () => true,
          () => false,
        ),
    );
    expect(await client.request(queue)).toBe(2);
    await close();
    await redis.stop();
  });

  itOnRedis('fails at once with failFast and a wrong password', async () => {
    const connection = `redis://joe:hunter2@127.0.0.1:${server.redis.port}`;
    const { workers } = openReqRep({ connection, failFast: 60_000 });
    await expect(workers.serve(randomQueue(), () => 1)).rejects.toThrow('refuses the password');
  });

  it('starts jobs outside the async context of the call', async () => {
    const context = new AsyncLocalStorage<string>();
    const { client, workers } = open();
    const [outer, inner] = [randomQueue(), randomQueue()];
    await workers.serve(outer, () =>
      context.run('of the first job', () =>
        workers.serve(inner, () => context.getStore() ?? 'none'),
      ),
    );
    await client.request(outer);
    expect(await client.request(inner)).toBe('none');
  });
});

describe('workers', () => {
  it('are paused and resumed by queue', async () => {
    const { client, workers } = open();
    const [paused, other] = [randomQueue(), randomQueue()];
    await workers.serve(paused, () => 'paused');
    await workers.serve(other, () => 'other');
    await workers.pause(paused);
    const reply = client.request(paused);
    expect(await client.request(other)).toBe('other');
    expect(await server.look.llen(`${paused}requests`)).toBe(1);
    workers.resume(paused);
    expect(await reply).toBe('paused');
    expect(() => workers.resume('unknown')).toThrow(
      `Expected queue to be a queue that this process serves (${paused}, ${other})`,
    );
    await expect(workers.pause('unknown')).rejects.toBeInstanceOf(InvalidOptionError);
  });

  it('are all stopped and started again', async () => {
    const { client, workers } = open();
    const queues = [randomQueue(), randomQueue()];
    await Promise.all(queues.map((queue) => workers.serve(queue, () => 1)));
    await workers.stop();
    await workers.stop();
    expect(workers.status.state).toBe('stopped');
    const replies = Promise.all(queues.map((queue) => client.request(queue)));
    await waitFor(async () => (await server.look.llen(`${queues[0]}requests`)) === 1);
    await workers.start();
    expect(await replies).toEqual([1, 1]);
  });

  it('do not start if a stop follows at once, nor while everything closes', async () => {
    const { workers, close } = open();
    const queue = randomQueue();
    const serving = workers.serve(queue, () => 1);
    await workers.stop();
    await serving;
    expect(workers.status.state).toBe('stopped');
    await workers.start();
    const stopping = workers.stop();
    const starting = workers.start();
    await Promise.all([stopping, starting, close()]);
    expect(workers.status.state).toBe('stopped');
    expect(await server.look.keys(`${queue}*`)).toEqual([]);
  });

  it('run each job within aroundJob', async () => {
    const seen: string[] = [];
    const { client, workers } = open({
      aroundJob: async (job: JobContext, next: () => Promise<unknown>) => {
        seen.push(`${job.queue} begins`);
        seen.push(`ends with ${String(await next())}`);
      },
    });
    const queue = randomQueue();
    await workers.serve(queue, () => 7);
    expect(await client.request(queue)).toBe(7);
    expect(seen).toEqual([`${queue} begins`, 'ends with 7']);
  });
});

describe('close', () => {
  it('waits for running jobs, and leaves nothing in Redis but their counts', async () => {
    const { client, workers, close } = open();
    const asking = open();
    const queue = randomQueue();
    let end = (): void => undefined;
    const running = new Promise<string>((resolve) => {
      end = () => resolve('done');
    });
    let isRunning = false;
    await workers.serve(queue, () => {
      isRunning = true;
      return running;
    });
    const reply = asking.client.request(queue);
    await waitFor(() => isRunning);
    let isClosed = false;
    const closed = close().then(() => (isClosed = true));
    const again = close();
    await waitFor(() => workers.status.state === 'stopping');
    expect(isClosed).toBe(false);
    end();
    expect(await reply).toBe('done');
    await Promise.all([closed, again]);
    await asking.close();
    expect(await server.look.keys(`${queue}*`)).toEqual([`${queue}totals`]);
    await waitFor(async () => (await server.openConnections()) === 0);
    expect(await failureOf(client.send(queue))).toMatchObject({ code: 'CLIENT_CLOSED' });
    await expect(workers.serve(randomQueue(), () => 1)).rejects.toMatchObject({
      code: 'WORKERS_CLOSED',
    });
    await expect(workers.start()).rejects.toMatchObject({ code: 'WORKERS_CLOSED' });
  });

  it('pushes what was emitted before', async () => {
    const { client, close } = open();
    const queue = randomQueue();
    client.emit(queue, 1);
    await close();
    expect(await server.look.llen(`${queue}requests`)).toBe(1);
  });

  it('does not wait for the job that calls it', async () => {
    const { client, workers, close } = open();
    const queue = randomQueue();
    let isClosed = false;
    await workers.serve(queue, async () => {
      await close();
      isClosed = true;
    });
    client.emit(queue, 1);
    await waitFor(() => isClosed);
  });

  it('is called at the end of an `await using`', async () => {
    const reqRep = open();
    await reqRep.workers.serve(randomQueue(), () => 1);
    await reqRep[Symbol.asyncDispose]();
    expect(reqRep.workers.status.state).toBe('stopped');
  });
});

it('an error of a wrong function among the options names createReqRep', async () => {
  const { client } = open({ outgoingHeaders: () => 'tenant' });
  expect(await failureOf(client.emit(randomQueue()))).toMatchObject({
    option: 'outgoingHeaders in the options of createReqRep',
    received: 'one that returns "tenant" (string)',
  });
});

it('a prefix without a separator causes a warning', () => {
  const { lines } = open({ prefix: 'billing' });
  expect(lines).toEqual([expect.stringContaining('warn The prefix "billing" does not end')]);
});

it('an HttpException of a handler arrives with its status and its body, and is not logged', async () => {
  const { client, workers, lines } = open();
  const queue = randomQueue();
  await workers.serve(queue, () => Promise.reject(new NotFoundException('no such report')));
  const error = await failureOf(client.send(queue));
  expect(error).toBeInstanceOf(RemoteError);
  const details = { statusCode: 404, message: 'no such report' };
  expect(error).toMatchObject({ remote: { name: 'NotFoundException', status: 404, details } });
  expect(lines).toEqual([expect.stringContaining('log Serving')]);
});
