import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, UseInterceptors, UsePipes, type CallHandler } from '@nestjs/common';
import {
  concat,
  lastValueFrom,
  map,
  NEVER,
  Observable,
  of,
  race,
  take,
  timeout,
  timer,
  toArray,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { OnJob, ReplyWorkers, type JobContext } from '../../lib/index.js';
import { startApp, type TestApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

const around = (change: (reply: Observable<unknown>) => Observable<unknown>) =>
  UseInterceptors({ intercept: (_: unknown, next: CallHandler) => change(next.handle()) });

const free = ({ app }: TestApp) =>
  waitFor(() => app.get(ReplyWorkers).status.queues.every(({ busy }) => busy === 0));

describe('`job.signal` aborts once the job is answered while its handler still runs', () => {
  const reasonOf = (queue: string) => ({
    name: 'AbortError',
    code: 'JOB_ANSWERED',
    message: expect.stringMatching(
      new RegExp(
        `^Job \\S+ of queue "${queue}" has its reply already, for example from the timeout\\(\\) of an interceptor`,
      ),
    ),
  });

  it.each<[string, (reply: Observable<unknown>) => Observable<unknown>, boolean]>([
    ['with an error, as by `timeout()`', (reply) => reply.pipe(timeout(20)), true],
    ['with a value of another', (reply) => race(reply, timer(20).pipe(map(() => 'quick'))), false],
  ])('%s', async (_, change, fails) => {
    const queue = randomQueue();
    let reason: unknown;
    @Injectable()
    class Worker {
      @around(change)
      @OnJob(queue)
      async run(_data: unknown, { signal }: JobContext) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        ({ reason } = signal);
      }
    }
    const app = await startApp({ connection: server.url }, [Worker]);
    const reply = app.client.send(queue);
    await (fails ? failureOf(reply) : lastValueFrom(reply));
    await waitFor(() => reason !== undefined);
    expect(reason).toMatchObject(reasonOf(queue));
    await free(app);
  });

  it('also where it asks for its signal later, and for the source of a stream', async () => {
    const [late, stream] = [randomQueue(), randomQueue()];
    const seen: unknown[] = [];
    @Injectable()
    @around((reply) => reply.pipe(timeout(20)))
    class Worker {
      @OnJob(late)
      async late(_data: unknown, job: JobContext) {
        await delay(60);
        seen.push(job.signal.reason);
      }

      @OnJob(stream)
      async *stream(_data: unknown, { signal }: JobContext) {
        yield 1;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        seen.push(signal.reason);
      }
    }
    const app = await startApp({ connection: server.url }, [Worker]);
    for (const queue of [late, stream]) {
      await failureOf(app.client.send(queue));
      await waitFor(() => seen.length === 1);
      expect(seen.pop()).toMatchObject(reasonOf(queue));
    }
    await free(app);
  });

  it('and does not begin a handler whose pipe was too slow', async () => {
    const queue = randomQueue();
    let runs = 0;
    let piped = 0;
    @Injectable()
    class Worker {
      @around((reply) => reply.pipe(timeout(20)))
      @UsePipes({ transform: (value: unknown) => delay(60, value).finally(() => piped++) })
      @OnJob(queue)
      run() {
        runs++;
      }
    }
    const app = await startApp({ connection: server.url }, [Worker]);
    await failureOf(app.client.send(queue));
    await waitFor(() => piped === 1);
    await free(app);
    expect(runs).toBe(0);
  });
});

it('`job.signal` of a handler that has returned never aborts', async () => {
  const [plain, piped, generated, observed] = Array.from({ length: 4 }, () => randomQueue());
  const signals: AbortSignal[] = [];
  @Injectable()
  class Worker {
    @OnJob(plain as string)
    plain(_data: unknown, { signal }: JobContext) {
      signals.push(signal);
    }

    @around((reply) => reply.pipe(timeout(5_000)))
    @OnJob(piped as string)
    async piped(_data: unknown, { signal }: JobContext) {
      signals.push(signal);
      await delay(1);
    }

    @around((reply) => concat(reply, of(2)))
    @OnJob(generated as string)
    async *generate(_data: unknown, { signal }: JobContext) {
      signals.push(signal);
      yield 1;
    }

    @around((reply) => reply.pipe(take(1)))
    @OnJob(observed as string)
    observe(_data: unknown, { signal }: JobContext) {
      signals.push(signal);
      return concat(of(1), NEVER);
    }
  }
  const app = await startApp({ connection: server.url }, [Worker]);
  for (const queue of [plain, piped, generated, observed]) {
    await lastValueFrom(app.client.send(queue as string).pipe(toArray()));
  }
  await free(app);
  await delay(20);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, false, false, false]);
});
