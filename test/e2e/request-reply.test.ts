import { Controller, Injectable } from '@nestjs/common';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { expect, it, onTestFinished, vi } from 'vitest';
import { OnJob, type JobContext, type PushReceipt } from '../../lib/index.js';
import { startApp, startModule } from '../support/app.js';
import { ReqRepModule } from '../../lib/index.js';
import { randomQueue } from '../support/random-queue.js';
import { itOnRedis, useServer } from '../support/server.js';
import { seenCommands } from '../support/seen-commands.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

/** An application whose one handler does as it is told. */
function startWith(queue: string, handle: (data: unknown, job: JobContext) => unknown) {
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(data: unknown, job: JobContext): unknown {
      return handle(data, job);
    }
  }
  return startApp({ connection: server.url }, [Worker]);
}

it('gives what the handler returns exactly once and completes', async () => {
  const queue = randomQueue();
  const { client } = await startWith(queue, (data) => ({ got: data }));
  const replies = client.send(queue, { value: 21 }).pipe(toArray());
  expect(await lastValueFrom(replies)).toEqual([{ got: { value: 21 } }]);
});

it.each([
  [undefined, undefined],
  [null, null],
  [0, 0],
  ['', ''],
  [false, false],
  ['naïve ☃ 🎉', 'naïve ☃ 🎉'],
  [
    [1, [2]],
    [1, [2]],
  ],
])('carries %j as a reply', async (value, expected) => {
  const queue = randomQueue();
  const { client } = await startWith(queue, async () => value);
  expect(await lastValueFrom(client.send(queue).pipe(toArray()))).toEqual([expected]);
});

it('carries short and long texts at a time, to the byte', async () => {
  const queue = randomQueue();
  const { client } = await startWith(queue, (data) => data);
  const lengths = [1, 5_000, 9_000, 70_000, 200_000];
  const texts = Array.from({ length: 400 }, (_, index) => {
    const length = lengths[Math.floor(index / 20) % lengths.length] ?? 0;
    return `${index} ${'naïve ☃ 🎉'.repeat(length / 10)}`;
  });
  const replies = texts.map((text) => firstValueFrom(client.send(queue, text)));
  expect((await Promise.all(replies)).every((reply, index) => reply === texts[index])).toBe(true);
});

itOnRedis(
  'pushes the requests that a reply leads to before it looks for more replies',
  async () => {
    const queue = randomQueue();
    const { client } = await startWith(queue, (data) => data);
    await firstValueFrom(client.send(queue));
    const commands = await seenCommands(server.redis.look);
    const count = 20;
    for (let index = 0; index < count; index++) {
      await firstValueFrom(client.send(queue, index));
    }
    // Both are of the client: it removes what it has read when it asks for more.
    const own = (): string[] =>
      commands
        .filter(({ name, source }) => source !== 'lua' && ['rpush', 'ltrim'].includes(name))
        .filter(({ args: [key = ''] }) => key.endsWith('requests') || key.startsWith('replies:'))
        .map(({ name }) => name);
    await waitFor(() => own().length === 2 * count);
    const next = Array.from({ length: count - 1 }, () => ['rpush', 'ltrim']);
    expect(own()).toEqual(['rpush', ...next.flat(), 'ltrim']);
  },
);

it('goes on after timers were faked', async () => {
  const queue = randomQueue();
  const { client } = await startWith(queue, (data) => data);
  expect(await firstValueFrom(client.send(queue, 1))).toBe(1);
  vi.useFakeTimers({ toFake: ['setImmediate'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  expect(await firstValueFrom(client.send(queue, 2))).toBe(2);
  expect(await firstValueFrom(client.send(queue, 3))).toBe(3);
});

it('hands `undefined` data on as null', async () => {
  const queue = randomQueue();
  const { client } = await startWith(queue, (data) => data === null);
  expect(await firstValueFrom(client.send(queue))).toBe(true);
});

it('makes one job of each subscription, and none without', async () => {
  const queue = randomQueue();
  let runs = 0;
  const { client } = await startWith(queue, () => ++runs);
  const request = client.send(queue);
  expect(await firstValueFrom(request)).toBe(1);
  expect(await firstValueFrom(request)).toBe(2);
  expect(runs).toBe(2);
});

it('tells the handler about its job', async () => {
  const queue = randomQueue();
  const { client } = await startWith(queue, (_, job) => ({
    queue: job.queue,
    attempt: job.attempt,
    headers: job.headers,
    aborted: job.signal.aborted,
    lifetime: (job.deadline ?? 0) - (job.pushedAt ?? 0),
    left: job.timeLeft(),
    id: job.id,
  }));
  const receipts: PushReceipt[] = [];
  const reply = await firstValueFrom(
    client.send<Record<string, unknown>>(queue, 1, {
      timeout: 5_000,
      headers: { trace: 'abc' },
      onPushed: (receipt) => receipts.push(receipt),
    }),
  );
  expect(reply).toMatchObject({ queue, attempt: 1, headers: { trace: 'abc' }, aborted: false });
  expect(reply['lifetime']).toBeGreaterThan(4_900);
  expect(reply['lifetime']).toBeLessThanOrEqual(5_000);
  expect(reply['left']).toBeLessThanOrEqual(5_000);
  expect(receipts).toEqual([{ id: reply['id'], queue, queueLength: 1 }]);
});

it('says how long the queue is when it pushes', async () => {
  const queue = randomQueue();
  const { client } = await startApp({ connection: server.url });
  const receipts: PushReceipt[] = [];
  for (let i = 0; i < 3; i++) {
    client
      .send(queue, i, { onPushed: (receipt) => receipts.push(receipt) })
      .subscribe({ error: () => undefined });
  }
  await waitFor(() => receipts.length === 3);
  expect(receipts.map(({ queueLength }) => queueLength)).toEqual([1, 2, 3]);
});

it('goes on when `onPushed` throws', async () => {
  const queue = randomQueue();
  const { client, log } = await startWith(queue, () => 'fine');
  const reply = client.send(queue, 1, {
    onPushed: () => {
      throw new Error('oops');
    },
  });
  expect(await firstValueFrom(reply)).toBe('fine');
  expect(log.text).toContain('oops');
});

it('emits a job at once, whether or not anybody subscribes', async () => {
  const queue = randomQueue();
  const seen: unknown[] = [];
  const { client } = await startWith(queue, (data) => {
    seen.push(data);
  });
  client.emit(queue, 'alone');
  const receipt = await firstValueFrom(client.emit(queue, 'watched'));
  expect(receipt).toMatchObject({ queue });
  await waitFor(() => seen.length === 2);
  expect(seen).toEqual(['alone', 'watched']);
  expect(await server.look.keys('*replies:*')).toEqual([]);
});

it('serves several queues with one method, and methods of controllers and of base classes', async () => {
  const [one, two, three] = [randomQueue(), randomQueue(), randomQueue()];
  class Base {
    readonly name = this.constructor.name;

    @OnJob(three)
    inherited() {
      return `${this.name} inherited`;
    }
  }
  @Controller()
  class Jobs extends Base {
    @OnJob(one)
    @OnJob(two)
    both(_: unknown, job: JobContext) {
      return `${this.name} ${job.queue === one ? 'one' : 'two'}`;
    }
  }
  const { client } = await startModule({
    imports: [ReqRepModule.forRoot({ connection: server.url })],
    controllers: [Jobs],
  });
  expect(await firstValueFrom(client.send(one))).toBe('Jobs one');
  expect(await firstValueFrom(client.send(two))).toBe('Jobs two');
  expect(await firstValueFrom(client.send(three))).toBe('Jobs inherited');
});

it('runs as many jobs at a time as `concurrency` says', async () => {
  const queue = randomQueue();
  let running = 0;
  let most = 0;
  @Injectable()
  class Worker {
    @OnJob(queue, { concurrency: 3 })
    async run(): Promise<void> {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 10));
      running--;
    }
  }
  const { client } = await startApp({ connection: server.url }, [Worker]);
  await Promise.all(Array.from({ length: 20 }, () => firstValueFrom(client.send(queue))));
  expect(most).toBe(3);
});

it('does not start a job twice that takes long', async () => {
  const queue = randomQueue();
  let runs = 0;
  const { client } = await startWith(queue, async () => {
    runs++;
    await new Promise((resolve) => setTimeout(resolve, 200));
    return runs;
  });
  expect(await firstValueFrom(client.send(queue))).toBe(1);
});
