import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { firstValueFrom, of } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { OnJob, ReqRepModule, RequestClient } from '../../lib/index.js';
import { MemoryQueues, useMemoryQueues } from '../../lib/testing/index.js';
import { startUnderTest } from '../support/app-under-test.js';

@Injectable()
class Worker {
  readonly seen: unknown[] = [];

  constructor(private readonly client: RequestClient) {}

  @OnJob('plain')
  plain(data: unknown): void {
    this.seen.push(data);
  }

  /** Emits another job. */
  @OnJob('chain')
  chain(left: number): void {
    this.seen.push(left);
    if (left > 0) {
      this.client.emit('chain', left - 1);
    }
  }

  @OnJob('values')
  async *values(count: number) {
    for (let value = 0; value < count; value++) {
      await delay(5);
      this.seen.push(value);
      yield value;
    }
  }
}

const start = async () => {
  const started = await startUnderTest([Worker]);
  return { ...started, worker: started.app.get(Worker) };
};

it('waits for emitted jobs, and for all jobs that they lead to', async () => {
  const { client, queues, worker } = await start();
  client.emit('chain', 5);
  await queues.settled();
  expect(worker.seen).toEqual([5, 4, 3, 2, 1, 0]);
});

it('waits for jobs emitted while the server was slow', async () => {
  const { client, queues, worker } = await start();
  queues.delay(60);
  client.emit('plain', 1);
  await queues.settled();
  expect(worker.seen).toEqual([1]);
});

it('waits for jobs emitted while the server was unreachable or refused them', async () => {
  const { client, queues, worker } = await start();
  let isSettled = false;
  queues.disconnect();
  client.emit('plain', 1);
  const settled = queues.settled().then(() => (isSettled = true));
  await delay(50);
  expect(isSettled).toBe(false);
  queues.reconnect();
  await settled;
  const allow = queues.refuse('push', 'OOM command not allowed');
  client.emit('plain', 2);
  await delay(50);
  allow();
  await queues.settled();
  expect(worker.seen).toEqual([1, 2]);
});

it('waits for the end of a stream, whether or not it is read', async () => {
  const { client, queues, worker } = await start();
  const values: number[] = [];
  client.send<number>('values', 5).subscribe((value) => values.push(value));
  await queues.settled();
  expect(values).toEqual([0, 1, 2, 3, 4]);
  client.emit('values', 3);
  await queues.settled();
  expect(worker.seen.slice(5)).toEqual([0, 1, 2]);
});

it('does not wait for held jobs and their callers, but for everything else', async () => {
  const { client, queues, worker } = await start();
  await queues.hold('plain');
  const answer = firstValueFrom(client.send('plain', 1));
  client.emit('plain', 2);
  client.emit('chain', 1);
  await queues.settled();
  expect(worker.seen).toEqual([1, 0]);
  expect(queues.jobs('plain').map(({ state }) => state)).toEqual(['waiting', 'waiting']);
  queues.release('plain');
  await queues.settled();
  expect(worker.seen).toEqual([1, 0, 1, 2]);
  await answer;
});

it('does not wait for jobs of a queue that this process does not serve', async () => {
  const { client, queues } = await start();
  client.emit('elsewhere', 1);
  client.send('elsewhere', 2).subscribe({ error: () => undefined });
  await queues.settled();
  expect(queues.jobs('elsewhere')).toMatchObject([
    { data: 1, state: 'waiting' },
    { data: 2, state: 'waiting' },
  ]);
});

it('waits even if the test has replaced the client', async () => {
  const module = await useMemoryQueues(
    Test.createTestingModule({ imports: [ReqRepModule.forRoot()], providers: [Worker] })
      .overrideProvider(RequestClient)
      .useValue({ send: () => of('a reply') }),
  ).compile();
  onTestFinished(() => module.close());
  await module.init();
  await module.get(MemoryQueues).settled();
});

it('waits for jobs that were sent before the workers started', async () => {
  @Injectable()
  class Early {
    constructor(client: RequestClient) {
      client.emit('plain', 'early');
    }
  }
  const module = await useMemoryQueues(
    Test.createTestingModule({ imports: [ReqRepModule.forRoot()], providers: [Worker, Early] }),
  ).compile();
  onTestFinished(() => module.close());
  let isSettled = false;
  const settled = module
    .get(MemoryQueues)
    .settled()
    .then(() => (isSettled = true));
  await delay(50);
  expect(isSettled).toBe(false);
  await module.init();
  await settled;
  expect(module.get(Worker).seen).toEqual(['early']);
});
