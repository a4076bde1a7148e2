import { once } from 'node:events';
import { Injectable } from '@nestjs/common';
import { Subject, switchMap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { OnJob, RequestTimeoutError, type JobContext, type OnJobOptions } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { itOnOneServer, itOnRedis, useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

/** A worker in an application of its own that notes the jobs it starts and those whose signal aborts. */
async function startWaiter(options: OnJobOptions = {}) {
  const queue = randomQueue();
  const started: unknown[] = [];
  const aborted: unknown[] = [];
  @Injectable()
  class Waiter {
    @OnJob(queue, options)
    async wait(name: unknown, job: JobContext) {
      started.push(name);
      await once(job.signal, 'abort');
      aborted.push(name);
    }
  }
  await startApp({ connection: server.url }, [Waiter]);
  const { client, app } = await startApp({ connection: server.url, workers: false });
  return { queue, client, app, started, aborted };
}

const isFree = (queue: string) => async (): Promise<boolean> =>
  (await server.look.keys(`${queue}active:*`)).length === 0;

describe('a job that runs in another application', () => {
  it('is aborted when its caller unsubscribes, and frees its slot', async () => {
    const { queue, client, started, aborted } = await startWaiter();
    const subscription = client.send(queue, 'a').subscribe();
    await waitFor(() => started.length === 1);
    subscription.unsubscribe();
    await waitFor(() => aborted.length === 1);
    await waitFor(isFree(queue));
    expect(client.droppedReplies).toBe(0);
  });

  it('is aborted by the signal of its caller, who gets the reason', async () => {
    const { queue, client, started, aborted } = await startWaiter();
    const abort = new AbortController();
    const failure = failureOf(client.send(queue, 'a', { signal: abort.signal }));
    await waitFor(() => started.length === 1);
    abort.abort(new Error('enough'));
    expect(await failure).toMatchObject({ message: 'enough' });
    await waitFor(() => aborted.length === 1);
  });

  it('is aborted when its caller times out', async () => {
    const { queue, client, aborted } = await startWaiter();
    const error = await failureOf(client.send(queue, 'a', { timeout: 300 }));
    expect(error).toBeInstanceOf(RequestTimeoutError);
    await waitFor(() => aborted.length === 1);
    await waitFor(isFree(queue));
  });

  it('is aborted when switchMap switches to the next request', async () => {
    const { queue, client, started, aborted } = await startWaiter();
    const clicks = new Subject<string>();
    const subscription = clicks.pipe(switchMap((name) => client.send(queue, name))).subscribe();
    clicks.next('first');
    await waitFor(() => started.includes('first'));
    clicks.next('second');
    await waitFor(() => aborted.includes('first') && started.includes('second'));
    expect(aborted).toEqual(['first']);
    subscription.unsubscribe();
    await waitFor(() => aborted.includes('second'));
  });

  it('is aborted when the client of its caller is closed', async () => {
    const { queue, client, app, started, aborted } = await startWaiter();
    client.send(queue, 'a').subscribe({ error: () => undefined });
    await waitFor(() => started.length === 1);
    await app.close();
    await waitFor(() => aborted.length === 1);
  });

  itOnRedis('is aborted after the connections were lost and made again', async () => {
    const { queue, client, started, aborted } = await startWaiter();
    await server.redis.look.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    const subscription = client.send(queue, 'a').subscribe();
    await waitFor(() => started.length === 1);
    await waitFor(async () => {
      const numbers = await server.redis.look.pubsub('NUMSUB', `${queue}cancel`);
      return numbers[1] === 1;
    });
    subscription.unsubscribe();
    await waitFor(() => aborted.length === 1);
  });
});

describe('a job that waits', () => {
  it('is removed without a run when its caller unsubscribes', async () => {
    const { queue, client, started } = await startWaiter({ concurrency: 1 });
    const first = client.send(queue, 'first').subscribe();
    await waitFor(() => started.length === 1);
    const second = client.send(queue, 'second').subscribe();
    await waitFor(async () => (await server.look.llen(`${queue}requests`)) === 1);
    second.unsubscribe();
    const third = client.send(queue, 'third').subscribe();
    first.unsubscribe();
    await waitFor(() => started.includes('third'));
    expect(started).toEqual(['first', 'third']);
    third.unsubscribe();
  });

  it('is not pushed when its caller unsubscribes at once', async () => {
    const { queue, client, started } = await startWaiter();
    const first = client.send(queue, 'first').subscribe();
    await waitFor(() => started.length === 1);
    client.send(queue, 'second').subscribe().unsubscribe();
    const third = client.send(queue, 'third').subscribe();
    await waitFor(() => started.includes('third'));
    expect(started).toEqual(['first', 'third']);
    first.unsubscribe();
    third.unsubscribe();
  });
});

describe("a handler's own timeout", () => {
  it('aborts its signal and fails for its caller', async () => {
    const queue = randomQueue();
    let reason: unknown;
    @Injectable()
    class Worker {
      @OnJob(queue, { timeout: 100 })
      async wait(_: unknown, job: JobContext) {
        await new Promise((resolve) => job.signal.addEventListener('abort', resolve));
        ({ reason } = job.signal);
      }
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    expect(await failureOf(client.send(queue))).toMatchObject({
      code: 'REMOTE',
      remote: { code: 'JOB_TIMEOUT' },
    });
    expect(reason).toMatchObject({ code: 'JOB_TIMEOUT' });
  });
});

describe('the connections of a worker', () => {
  itOnOneServer('are two, plus one for each queue that it serves', async () => {
    const [a, b, c] = [randomQueue(), randomQueue(), randomQueue()];
    @Injectable()
    class Worker {
      @OnJob(a)
      @OnJob(b)
      @OnJob(c)
      async run() {}
    }
    await startApp({ connection: server.url }, [Worker]);
    await waitFor(async () => (await server.openConnections()) === 5);
  });
});
