import type { ChildProcess } from 'node:child_process';
import { on } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { ClientProxyFactory, Transport, type ClientProxy } from '@nestjs/microservices';
import { lastValueFrom, timeout, toArray } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ReqRepClient } from '../../lib/microservices/index.js';
import { startProcess } from '../support/processes.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';

const server = useRedis();

/** The same controllers with both transports: what differs are the lines that choose the transport. */
const TRANSPORTS = ['redis', 'nestjs-reqrep'] as const;

type TransportName = (typeof TRANSPORTS)[number];

/** Longer than a lease, and than the next worker takes to start. */
const PATIENCE_MS = 15_000;

function openClient(transport: TransportName, queue: string): ClientProxy {
  const { hostname, port } = new URL(server.url);
  const client =
    transport === 'redis'
      ? ClientProxyFactory.create({
          transport: Transport.REDIS,
          options: { host: hostname, port: Number(port) },
        })
      : new ReqRepClient({ connection: server.url, queue });
  onTestFinished(async () => client.close());
  return client;
}

const startService = (
  transport: TransportName,
  queue: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ChildProcess> =>
  startProcess('math-service', {
    TRANSPORT: transport,
    REDIS_URL: server.url,
    QUEUE: queue,
    ...env,
  });

/** Waits for what a service says of itself. */
async function hear(service: ChildProcess, expected: unknown): Promise<void> {
  for await (const [message] of on(service, 'message')) {
    if (isDeepStrictEqual(message, expected)) {
      return;
    }
  }
}

describe.each(TRANSPORTS)('the sample of Nest over %s', (transport) => {
  it('answers requests, hears events and streams', async () => {
    const queue = randomQueue();
    const service = await startService(transport, queue);
    const client = openClient(transport, queue);
    await client.connect();
    expect(await lastValueFrom(client.send({ cmd: 'sum' }, [1, 2, 3, 4, 5]))).toBe(15);
    const values = client.send<number>({ cmd: 'numbers' }, 5).pipe(toArray());
    expect(await lastValueFrom(values)).toEqual([0, 1, 2, 3, 4]);
    const heard = hear(service, { name: 'Ann' });
    client.emit('user_created', { name: 'Ann' }).subscribe();
    await heard;
  });
});

/** Asks, kills the worker in the middle of it, and starts another. */
async function askAndKill(transport: TransportName) {
  const queue = randomQueue();
  const killed = await startService(transport, queue, { MS: '60000' });
  const client = openClient(transport, queue);
  await client.connect();
  const began = hear(killed, 'began');
  const sum = lastValueFrom(client.send({ cmd: 'sum' }, [1, 2, 3]).pipe(timeout(PATIENCE_MS)));
  const answer = sum.catch((error: unknown) => error);
  await began;
  killed.kill('SIGKILL');
  await startService(transport, queue);
  return { answer, client };
}

describe('a worker that is killed in the middle of a request', () => {
  it('loses the request with the Redis transport, which answers later ones only', async () => {
    const { answer, client } = await askAndKill('redis');
    const later = lastValueFrom(client.send<number>({ cmd: 'sum' }, [20, 22]));
    expect(await Promise.race([answer, later])).toBe(42);
  });

  it('loses nothing with this one', async () => {
    const { answer } = await askAndKill('nestjs-reqrep');
    expect(await answer).toBe(6);
  });
});
