import { Injectable } from '@nestjs/common';
import {
  concat,
  finalize,
  interval,
  lastValueFrom,
  NEVER,
  of,
  range,
  throwError,
  toArray,
  type Observable,
  type Subscription,
} from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  OnJob,
  PayloadTooLargeError,
  RemoteError,
  RequestTimeoutError,
  WorkerLostError,
  type JobContext,
  type RequestClient,
} from '../../lib/index.js';
import { systemRuntime } from '../../lib/driver/system-runtime.js';
import { Proxy } from '../chaos/proxy.js';
import { startApp } from '../support/app.js';
import { commandCalls } from '../support/command-calls.js';
import { failureOf } from '../support/failure-of.js';
import { startProcess, stopProcess } from '../support/processes.js';
import { randomQueue } from '../support/random-queue.js';
import { describeOnRedis, describeOnServers, itOnRedis, useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';
import { lettersOf } from '../support/dead-letters.js';

const server = useServer();

/** An application whose one handler does as it is told. */
async function startWith(handle: (data: never, job: JobContext) => unknown, options = {}) {
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(data: never, job: JobContext): unknown {
      return handle(data, job);
    }
  }
  const { client, log, app } = await startApp({ connection: server.url, ...options }, [Worker]);
  return { client, log, app, queue };
}

const all = <Value>(values: Observable<Value>): Promise<Value[]> =>
  lastValueFrom(values.pipe(toArray()));

/** Numbers below `count`, each with a while in between where a delay is given. */
async function* numbers(count: number): AsyncGenerator<number> {
  for (let value = 0; value < count; value++) {
    yield value;
  }
}

describe('a stream', () => {
  it.each<[string, (data: never) => unknown]>([
    ['an Observable', () => of(1, 'two', null, { four: 4 })],
    ['a promise of an Observable', async () => of(1, 'two', null, { four: 4 })],
    [
      'an AsyncIterable',
      async function* () {
        yield* [1, 'two', null, { four: 4 }];
      },
    ],
  ])('of %s sends each value as it is emitted, then completes', async (_, handle) => {
    const { client, queue } = await startWith(handle);
    expect(await all(client.send(queue))).toEqual([1, 'two', null, { four: 4 }]);
    expect(client.pending).toBe(0);
  });

  it('arrives value by value', async () => {
    const steps = { sent: 0, received: 0 };
    const { client, queue } = await startWith(async function* () {
      for (; steps.sent < 3; steps.sent++) {
        await waitFor(() => steps.received === steps.sent);
        yield steps.sent;
      }
    });
    client.send(queue).subscribe({ next: () => steps.received++, error: () => undefined });
    await waitFor(() => steps.received === 3);
  });

  it('may be empty', async () => {
    const { client, queue } = await startWith(() => numbers(0));
    expect(await all(client.send(queue))).toEqual([]);
  });

  it('keeps its order next to many streams and replies of the same client', async () => {
    const { client, queue } = await startWith(({ count }: { count: number }) => numbers(count), {
      concurrency: 50,
    });
    const counts = Array.from({ length: 50 }, (_, index) => index * 7);
    const streams = await Promise.all(counts.map((count) => all(client.send(queue, { count }))));
    expect(streams).toEqual(counts.map((count) => Array.from({ length: count }, (_, i) => i)));
  });

  it('ends with the error of its source, behind the values before it', async () => {
    const { client, queue } = await startWith(() =>
      concat(
        of(1, 2),
        throwError(() => new TypeError('no three')),
      ),
    );
    const values: unknown[] = [];
    const error = await new Promise((resolve) => {
      client.send(queue).subscribe({ next: (value) => values.push(value), error: resolve });
    });
    expect(values).toEqual([1, 2]);
    expect(error).toBeInstanceOf(RemoteError);
    expect(error).toMatchObject({ message: 'no three', remote: { name: 'TypeError' } });
  });

  it.each<[string, object, (job: JobContext) => AsyncGenerator<unknown>]>([
    [
      'one that is too large',
      { maxPayload: 1_024 },
      async function* () {
        yield* ['a', 'b', 'x'.repeat(2_000)];
      },
    ],
    [
      'one that JSON cannot write',
      {},
      async function* () {
        yield* ['a', 'b', 1n];
      },
    ],
  ])('sends the values before %s', async (_, options, handle) => {
    const { client, queue } = await startWith((_data, job) => handle(job), options);
    const values: unknown[] = [];
    const error = await new Promise((resolve) => {
      client.send(queue).subscribe({ next: (value) => values.push(value), error: resolve });
    });
    expect(values).toEqual(['a', 'b']);
    expect(error).toMatchObject({ queue, direction: 'reply' });
  });

  it('ends with an error for a value that is too large, and closes its source', async () => {
    let isStopped = false;
    const { client, queue } = await startWith(
      async function* () {
        try {
          yield 'small';
          yield 'x'.repeat(2_000);
          yield 'never';
        } finally {
          isStopped = true;
        }
      },
      { maxPayload: 1_024 },
    );
    expect(await failureOf(client.send(queue))).toBeInstanceOf(PayloadTooLargeError);
    await waitFor(() => isStopped);
  });

  it('is stopped when its caller unsubscribes', async () => {
    let isStopped = false;
    const { client, queue } = await startWith(() =>
      interval(1).pipe(
        finalize(() => {
          isStopped = true;
        }),
      ),
    );
    let count = 0;
    const subscription = client.send(queue).subscribe(() => count++);
    await waitFor(() => count > 2);
    expect(isStopped).toBe(false);
    subscription.unsubscribe();
    await waitFor(() => isStopped);
  });

  it('ends its generator at the next step when its caller unsubscribes', async () => {
    let isStopped = false;
    const { client, queue } = await startWith(async function* () {
      try {
        for (let value = 0; ; value++) {
          await waitFor(() => true);
          yield value;
        }
      } finally {
        isStopped = true;
      }
    });
    let count = 0;
    const subscription = client.send(queue).subscribe(() => count++);
    await waitFor(() => count > 2);
    subscription.unsubscribe();
    await waitFor(() => isStopped);
    await waitFor(async () => (await server.look.keys(`${queue}active:*`)).length === 0);
  });

  it('ends at the deadline of its request, and closes its source', async () => {
    let signal: AbortSignal | undefined;
    const { client, queue } = await startWith((_, job) => {
      signal = job.signal;
      return NEVER;
    });
    const error = await failureOf(client.send(queue, null, { timeout: 200 }));
    expect(error).toBeInstanceOf(RequestTimeoutError);
    await waitFor(() => signal?.aborted === true);
    await waitFor(async () => (await server.look.keys(`${queue}active:*`)).length === 0);
  });

  it('may take any time, but not be silent for longer than `idleTimeout`', async () => {
    const { client, queue } = await startWith(() => concat(of(1, 2), NEVER));
    const values: unknown[] = [];
    const error = await new Promise((resolve) => {
      client
        .send(queue, null, { idleTimeout: 300 })
        .subscribe({ next: (value) => values.push(value), error: resolve });
    });
    expect(values).toEqual([1, 2]);
    expect(error).toBeInstanceOf(RequestTimeoutError);
    expect(error).toMatchObject({ limit: 'idleTimeout', timeout: 300 });
    await waitFor(async () => (await server.look.keys(`${queue}active:*`)).length === 0);
  });

  it('that nobody waits for runs to completion', async () => {
    let count = 0;
    const { client, queue } = await startWith(async function* () {
      for (; count < 5; count++) {
        yield count;
      }
    });
    client.emit(queue);
    await waitFor(() => count === 5);
    await waitFor(async () => (await server.look.keys(`${queue}active:*`)).length === 0);
  });
});

describeOnServers('a stream whose worker is killed', () => {
  it('ends with a WorkerLostError, and does not start again', async () => {
    const queue = randomQueue();
    const env = {
      QUEUE: queue,
      REDIS_URL: server.url,
      OPTIONS: JSON.stringify({ lease: 300 }),
    };
    const first = await startProcess('streamer', env);
    const { client } = await startApp({ connection: server.url, workers: false });
    const values: unknown[] = [];
    const ended = new Promise((resolve) => {
      client.send(queue, { ms: 20 }).subscribe({
        next: (value) => values.push(value),
        error: resolve,
        complete: () => resolve('complete'),
      });
    });
    await waitFor(() => values.length > 2);
    await startProcess('streamer', env);
    first.kill('SIGKILL');
    const error = await ended;
    expect(error).toBeInstanceOf(WorkerLostError);
    expect(error).toMatchObject({ values: values.length });
    expect(values).toEqual(values.map((_, index) => index));
  });

  it('fails for its caller before another worker has room, and is not run again', async () => {
    const queue = randomQueue();
    const env = { QUEUE: queue, REDIS_URL: server.url, OPTIONS: JSON.stringify({ lease: 300 }) };
    const first = await startProcess('streamer', env);
    const { client } = await startApp({ connection: server.url, workers: false });
    let count = 0;
    const ended = new Promise<unknown>((resolve) => {
      client.send(queue, { ms: 20 }).subscribe({ next: () => count++, error: resolve });
    });
    await waitFor(() => count > 2);
    let runs = 0;
    @Injectable()
    class Busy {
      @OnJob(queue, { concurrency: 1 })
      run() {
        runs++;
        return NEVER;
      }
    }
    // The one slot is taken when the first worker is lost.
    const second = await startApp({ connection: server.url, lease: 300 }, [Busy]);
    const others: Subscription[] = [];
    await waitFor(() => {
      others.push(client.send(queue, { ms: 20 }).subscribe({ error: () => undefined }));
      return runs === 1;
    });
    first.kill('SIGKILL');
    expect(await ended).toMatchObject({ code: 'WORKER_LOST', values: count });
    const dead = await lettersOf(server.look, queue);
    const reasons = new Set(dead.map(({ reason }) => reason));
    expect(reasons).toEqual(new Set(['broken stream']));
    expect(runs).toBe(1);
    others.forEach((other) => other.unsubscribe());
    await second.app.close();
  });

  it('ends with a WorkerLostError when its worker stops', async () => {
    const queue = randomQueue();
    const env = {
      QUEUE: queue,
      REDIS_URL: server.url,
      OPTIONS: JSON.stringify({ shutdownTimeout: 100 }),
    };
    const worker = await startProcess('streamer', env);
    const { client } = await startApp({ connection: server.url, workers: false });
    let count = 0;
    const ended = new Promise((resolve) => {
      client.send(queue, { ms: 20 }).subscribe({ next: () => count++, error: resolve });
    });
    await waitFor(() => count > 2);
    await stopProcess(worker);
    expect(await ended).toBeInstanceOf(WorkerLostError);
    expect(await server.look.llen(`${queue}requests`)).toBe(0);
  });
});

describeOnRedis('a stream that is read late', () => {
  /** A stream of many values, whose reader sees the first and is then cut off from the server for a while. */
  async function startStalled(handle: () => unknown, ms: number) {
    const { app, queue } = await startWith(handle, { shutdownTimeout: 200 });
    const proxy = await Proxy.before(server.redis.port);
    const { client } = await startApp({ connection: proxy.url, workers: false });
    const seen = { values: 0, end: undefined as unknown };
    client.send(queue, null, { timeout: 0 }).subscribe({
      next: () => {
        if (seen.values++ === 0) {
          proxy.stall(() => true, ms);
        }
      },
      error: (error: unknown) => (seen.end = error),
      complete: () => (seen.end = 'complete'),
    });
    await waitFor(() => seen.values > 0);
    onTestFinished(() => proxy.close());
    return { app, queue, seen };
  }

  it.each<[string, () => unknown]>([
    ['that has ended', () => range(0, 20_000)],
    ['that goes on', () => concat(range(0, 20_000), NEVER)],
  ])('%s ends behind the values that have arrived when its worker stops', async (_, handle) => {
    const { app, queue, seen } = await startStalled(handle, 1_000);
    await app.close();
    await waitFor(() => seen.end !== undefined);
    expect(seen.end).toBeInstanceOf(WorkerLostError);
    expect(seen.end).toMatchObject({ values: seen.values });
    expect(await server.look.keys(`${queue}active:*`)).toEqual([]);
    expect(await server.look.zcard(`${queue}workers`)).toBe(0);
  });

  it('ends when its caller reads nothing for a minute, and the caller learns that afterwards', async () => {
    const looks: (() => void)[] = [];
    const { setInterval: original } = systemRuntime;
    const spy = vi.spyOn(systemRuntime, 'setInterval').mockImplementation((look, ms) => {
      if (ms === 15_000) {
        looks.push(look);
      }
      return original(look, ms);
    });
    onTestFinished(() => spy.mockRestore());
    const { queue, seen } = await startStalled(() => concat(range(0, 20_000), NEVER), 3_000);
    await waitFor(async () => {
      const [list = ''] = await server.look.keys('replies:*');
      return (await server.look.llen(list)) >= 1_000;
    });
    const answered = (): Promise<number> => commandCalls(server.redis.look, 'lindex');
    for (let quarters = 0; quarters < 5; quarters++) {
      expect(seen.end).toBeUndefined();
      const before = await answered();
      looks.forEach((look) => look());
      await waitFor(async () => (await answered()) > before);
    }
    await waitFor(async () => (await server.look.keys(`${queue}active:*`)).length === 0);
    await waitFor(() => seen.end !== undefined);
    expect(seen.end).toBeInstanceOf(WorkerLostError);
    expect(seen.end).toMatchObject({ values: seen.values });
  });
});

it('a stream of large values does not hold up one of small values', async () => {
  const { client, queue } = await startWith(async function* ({ size }: { size: number }) {
    const text = 'x'.repeat(size);
    for (;;) {
      yield text;
    }
  });
  let large = 0;
  let small = 0;
  const idle = { timeout: 0, idleTimeout: 5_000 };
  const subscriptions = [
    ...[1, 2, 3].map(() =>
      client.send(queue, { size: 10 }, { timeout: 0 }).subscribe(() => small++),
    ),
    client.send(queue, { size: 1_000_000 }, idle).subscribe(() => large++),
  ];
  await waitFor(() => small > 20_000 && large > 60, 25_000);
  subscriptions.forEach((subscription) => subscription.unsubscribe());
});

describe('a source that is faster than its reader', () => {
  itOnRedis('is held back, so that at most a few thousand values are unread', async () => {
    const queue = randomQueue();
    const worker = await startProcess('streamer', { QUEUE: queue, REDIS_URL: server.url });
    const { client } = await startApp({ connection: server.url, workers: false });
    const count = 200_000;
    const pause = 50;
    let expected = 0;
    let longest = 0;
    const readBeforePauses: number[] = [];
    let furthestAhead = 0;
    worker.on('message', ({ made }: { made?: number }) => {
      if (made !== undefined) {
        furthestAhead = Math.max(furthestAhead, made - (readBeforePauses.shift() ?? 0));
      }
    });
    await new Promise<void>((resolve, reject) => {
      client.send<number>(queue, { count }, { timeout: 0 }).subscribe({
        next: (value) => {
          if (value !== expected++) {
            reject(new Error(`got ${value} instead of ${expected - 1}`));
          }
          if (value % 10_000 === 0) {
            // The source goes on while nobody reads, and says how far at the end of that.
            readBeforePauses.push(expected);
            worker.send(pause);
            const end = performance.now() + pause;
            while (performance.now() < end);
            void server.look
              .keys('replies:*')
              .then((keys) => Promise.all(keys.map((key) => server.look.llen(key))))
              .then((lengths) => {
                longest = Math.max(longest, ...lengths);
              });
          }
        },
        error: reject,
        complete: resolve,
      });
    });
    expect(expected).toBe(count);
    expect(longest).toBeLessThan(3_000);
    await waitFor(() => readBeforePauses.length === 0);
    expect(furthestAhead).toBeLessThan(20_000);
  });
});

describe('a source that is quicker than everybody', () => {
  const TIMER_MS = 10;

  /** The test is over, and its application closed, before the last values have come. */
  const LATE_ENDS = { error: () => undefined };

  /** Ends once a timer has fired while it was pulled, which it tells. */
  async function* untilTimerFires(fired: () => void): AsyncGenerator<number> {
    let hasFired = false;
    setTimeout(() => {
      hasFired = true;
      fired();
    }, TIMER_MS);
    const end = performance.now() + 2_000;
    for (let value = 0; !hasFired && performance.now() < end; value++) {
      yield value;
    }
  }

  it.each<[string, (client: RequestClient, queue: string) => unknown]>([
    ['an emitted job', (client, queue) => client.emit(queue)],
    [
      'an original requester',
      (client, queue) => client.send(queue, 1, { protocol: 1 }).subscribe(LATE_ENDS),
    ],
    ['a caller that reads quickly', (client, queue) => client.send(queue).subscribe(LATE_ENDS)],
  ])('does not block the event loop: %s', async (_, ask) => {
    const fired = vi.fn<() => void>();
    let isOver = false;
    const { client, queue } = await startWith(async function* () {
      yield* untilTimerFires(fired);
      isOver = true;
    });
    ask(client, queue);
    await waitFor(() => isOver);
    expect(fired).toHaveBeenCalledOnce();
  });
});
