import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable } from '@nestjs/common';
import { firstValueFrom, lastValueFrom, switchMap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { OnJob, RequestClient, type JobContext } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();
const users = ['ann', 'bob', 'cid'];

describe('a caller', () => {
  const storage = new AsyncLocalStorage<string>();

  /** What `call` hands to its callback, each time in the context of another user. */
  const seenBy = (call: (onCall: () => void) => void): Promise<unknown[]> =>
    Promise.all(
      users.map((user) =>
        storage.run(user, () => new Promise((resolve) => call(() => resolve(storage.getStore())))),
      ),
    );

  async function start() {
    const queue = randomQueue();
    @Injectable()
    class Worker {
      @OnJob(queue)
      run(data: unknown) {
        if (data === 'fail') {
          throw new RangeError('failed');
        }
      }
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    return { queue, client };
  }

  it('hears of its reply, its error, its timeout, its push and its abort in its own async context', async () => {
    const { queue, client } = await start();
    const error = (onCall: () => void) => ({ error: onCall });
    expect(await seenBy((seen) => client.send(queue).subscribe(seen))).toEqual(users);
    expect(await seenBy((seen) => client.send(queue, 'fail').subscribe(error(seen)))).toEqual(
      users,
    );
    const nobody = randomQueue();
    expect(
      await seenBy((seen) => client.send(nobody, 0, { timeout: 50 }).subscribe(error(seen))),
    ).toEqual(users);
    const pushed = seenBy((seen) =>
      // What it is answered is of no interest: the application may be closed before.
      client.send(queue, 0, { onPushed: seen }).subscribe(error(() => undefined)),
    );
    expect(await pushed).toEqual(users);
    expect(await seenBy((seen) => client.emit(queue).subscribe(seen))).toEqual(users);
    const { signal, abort } = abortable();
    const aborted = seenBy((seen) => client.send(nobody, 0, { signal }).subscribe(error(seen)));
    abort();
    expect(await aborted).toEqual(users);
  });

  it('is not taken for the handler in which its client was first used', async () => {
    const [outer, leaf] = [randomQueue(), randomQueue()];
    @Injectable()
    class Worker {
      constructor(private readonly requests: RequestClient) {}

      @OnJob(outer)
      run() {
        return firstValueFrom(this.requests.send(leaf));
      }

      @OnJob(leaf)
      leaf(_data: unknown, job: JobContext) {
        return { headers: job.headers, left: job.timeLeft() };
      }
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    const outside = await startApp({ connection: server.url, workers: false });
    const headers = { traceparent: 'of the first job' };
    await lastValueFrom(outside.client.send(outer, null, { timeout: 2_000, headers }));
    const chained = client.send(leaf).pipe(switchMap(() => client.send<{ left: number }>(leaf)));
    const reply = await lastValueFrom(chained);
    expect(reply).toMatchObject({ headers: {} });
    expect(reply.left).toBeGreaterThan(20_000);
  });
});

describe('a handler', () => {
  it('hands on what it inherits to each request of a chain', async () => {
    const [outer, leaf] = [randomQueue(), randomQueue()];
    @Injectable()
    class Worker {
      constructor(private readonly requests: RequestClient) {}

      @OnJob(outer)
      run() {
        return this.requests.send(leaf).pipe(switchMap(() => this.requests.send(leaf)));
      }

      @OnJob(leaf)
      leaf(_data: unknown, job: JobContext) {
        return job.headers['traceparent'];
      }
    }
    await startApp({ connection: server.url }, [Worker]);
    const { client } = await startApp({ connection: server.url, workers: false });
    const replies = users.map((traceparent) =>
      lastValueFrom(client.send(outer, null, { headers: { traceparent } })),
    );
    expect(await Promise.all(replies)).toEqual(users);
  });

  it('leaves nothing behind in the context of the next', async () => {
    const storage = new AsyncLocalStorage<unknown>();
    const queue = randomQueue();
    const seen: unknown[] = [];
    @Injectable()
    class Worker {
      @OnJob(queue, { concurrency: 1 })
      run(data: unknown) {
        seen.push(storage.getStore());
        storage.enterWith(data);
      }
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    for (let round = 0; round < 2; round++) {
      await Promise.all(users.map((user) => firstValueFrom(client.send(queue, user))));
    }
    expect(seen).toEqual(Array.from({ length: 6 }));
  });

  it('bounds no request of what it has left behind once it has ended', async () => {
    const [queue, leaf] = [randomQueue(), randomQueue()];
    const replies: unknown[] = [];
    @Injectable()
    class Worker {
      constructor(private readonly requests: RequestClient) {}

      @OnJob(queue)
      run(_data: unknown, job: JobContext) {
        void waitFor(() => job.timeLeft() === 0)
          .then(() => firstValueFrom(this.requests.send(leaf)))
          .then((reply) => replies.push(reply));
      }

      @OnJob(leaf)
      leaf() {
        return 'answered';
      }
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    await firstValueFrom(client.send(queue, null, { timeout: 300 }));
    await waitFor(() => replies.length === 1);
    expect(replies).toEqual(['answered']);
  });

  it('may send as many requests at a time as it likes, without a warning', async () => {
    const warnings: unknown[] = [];
    const warn = (warning: unknown): unknown => warnings.push(warning);
    process.on('warning', warn);
    const [queue, leaf] = [randomQueue(), randomQueue()];
    const { signal } = abortable();
    @Injectable()
    class Worker {
      constructor(private readonly requests: RequestClient) {}

      @OnJob(queue)
      async run() {
        const replies = Array.from({ length: 30 }, () =>
          firstValueFrom(this.requests.send(leaf, 0, { signal })),
        );
        return (await Promise.all(replies)).length;
      }

      @OnJob(leaf)
      leaf() {}
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    expect(await firstValueFrom(client.send(queue))).toBe(30);
    // Warnings come in a later turn.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', warn);
    expect(warnings).toEqual([]);
  });
});

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
