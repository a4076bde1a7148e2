import { Injectable, type Type } from '@nestjs/common';
import { Redis } from 'ioredis';
import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { OnJob, type ReqRepModuleOptions } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { commandCalls } from '../support/command-calls.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';
import { waitingConnections } from '../support/waiting-connections.js';

const redis = useRedis();

/** The names of the connections that the library has opened. */
async function connectionNames(): Promise<string[]> {
  const list = (await redis.look.client('LIST')) as string;
  return [...list.matchAll(/name=(nestjs-reqrep\S*)/g)].map(([, name = '']) => name).toSorted();
}

/** A worker of several queues, which answers each job with its data. */
function workerOf(queues: readonly string[]): Type {
  class Worker {}
  for (const [index, queue] of queues.entries()) {
    Object.defineProperty(Worker.prototype, `run${index}`, {
      configurable: true,
      value: (data: unknown) => data,
    });
    const method = Object.getOwnPropertyDescriptor(Worker.prototype, `run${index}`);
    OnJob(queue)(Worker.prototype, `run${index}`, method ?? {});
  }
  return Worker;
}

it('a client has two connections, whatever the number of its queues', async () => {
  const queues = Array.from({ length: 10 }, randomQueue);
  const workers = await startApp({ connection: redis.url, name: 'default' }, [workerOf(queues)]);
  await waitFor(async () => (await connectionNames()).length === 12);
  const { client } = await startApp({ connection: redis.url });
  const replies = await Promise.all(
    queues.map((queue, index) => firstValueFrom(client.send(queue, index))),
  );
  expect(replies).toEqual([...queues.keys()]);
  const names = await connectionNames();
  // Of the worker: one for commands, one for cancellations and one for each queue.
  expect(names).toHaveLength(12 + 2);
  await workers.app.close();
  await waitFor(async () => (await connectionNames()).length === 2);
  expect(await connectionNames()).toEqual([
    'nestjs-reqrep:default:commands',
    'nestjs-reqrep:default:replies',
  ]);
});

it('busy queues of one worker share the calls for their next jobs', async () => {
  const queues = Array.from({ length: 10 }, randomQueue);
  const { client } = await startApp({ connection: redis.url }, [workerOf(queues)]);
  await redis.look.config('RESETSTAT');
  const rounds = 100;
  for (let round = 0; round < rounds; round++) {
    const sent = queues.map((queue) => firstValueFrom(client.send(queue, round)));
    expect(await Promise.all(sent)).toEqual(queues.map(() => round));
  }
  const blocking = await commandCalls(redis.look, 'blmove');
  expect(blocking).toBeGreaterThan(0);
  // Those of the client and the first ones; else it would be one for each job.
  expect(blocking).toBeLessThan((rounds * queues.length) / 2);
});

it('the connections of many queues are made known together', async () => {
  const queues = Array.from({ length: 40 }, randomQueue);
  await redis.look.config('RESETSTAT');
  await startApp({ connection: redis.url }, [workerOf(queues)]);
  await waitFor(async () => (await waitingConnections(redis.look)).length === queues.length);
  const renewals = await commandCalls(redis.look, 'zadd');
  expect(renewals).toBeGreaterThan(0);
  // Each renews the lease of all queues: one for each connection would be 40 times 41.
  expect(renewals).toBeLessThan((queues.length * queues.length) / 2);
});

it('an application that neither sends nor serves opens none', async () => {
  const { client } = await startApp({ connection: redis.url });
  await waitFor(async () => (await connectionNames()).length === 0);
  expect(client.pending).toBe(0);
});

it.each<[string, () => ReqRepModuleOptions & { close?: () => void }]>([
  ['a URL', () => ({ connection: redis.url })],
  ['ioredis options', () => ({ connection: { host: '127.0.0.1', port: redis.port } })],
  ['a factory', () => ({ connection: () => new Redis(redis.url) })],
  ['host, port and database', () => ({ host: '127.0.0.1', port: redis.port, database: 3 })],
])('connects by %s', async (_, options) => {
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue)
    run() {
      return 'here';
    }
  }
  const { app, client } = await startApp(options(), [Worker]);
  expect(await firstValueFrom(client.send(queue))).toBe('here');
  await app.close();
  await waitFor(async () => (await connectionNames()).length === 0);
});

it.each(['connection', 'client'] as const)(
  'leaves a Redis that it was handed as `%s` alone',
  async (option) => {
    const queue = randomQueue();
    const theirs = new Redis(redis.url, { connectionName: 'theirs' });
    await theirs.ping();
    @Injectable()
    class Worker {
      @OnJob(queue)
      run() {
        return 'here';
      }
    }
    const { app, client } = await startApp({ [option]: theirs }, [Worker]);
    expect(await firstValueFrom(client.send(queue))).toBe('here');
    await app.close();
    expect(theirs.status).toBe('ready');
    expect(await theirs.ping()).toBe('PONG');
    theirs.disconnect();
  },
);

it('keeps databases and prefixes apart', async () => {
  const queue = randomQueue();
  const { client } = await startApp({ connection: `${redis.url}/5`, prefix: 'shop:' });
  await firstValueFrom(client.emit(queue, 'job'));
  expect(await redis.look.exists(`shop:${queue}requests`)).toBe(0);
  const other = new Redis(`${redis.url}/5`);
  expect(await other.llen(`shop:${queue}requests`)).toBe(1);
  other.disconnect();
});

it('tells the state of its connections', async () => {
  const { client, app } = await startApp({ connection: redis.url });
  const states: string[] = [];
  client.status$.subscribe({
    next: (state) => states.push(state),
    complete: () => states.push('complete'),
  });
  await firstValueFrom(client.emit(randomQueue()));
  await app.close();
  expect(states).toEqual(['idle', 'connecting', 'ready', 'closed', 'complete']);
});
