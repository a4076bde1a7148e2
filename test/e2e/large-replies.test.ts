import { Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { OnJob, type RequestClient } from '../../lib/index.js';
import { Proxy } from '../chaos/proxy.js';
import { startApp } from '../support/app.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

const MEGABYTE = 'x'.repeat(1_000_000);

/** A worker that answers with 1 MB, and what gathers before its requester is connected again. */
async function gathered(url: string, many: number) {
  const queue = randomQueue();
  let done = 0;
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(data: unknown) {
      done++;
      return { data, text: MEGABYTE };
    }
  }
  const { client } = await startApp({ connection: url, workers: false });
  const small = answering();
  expect(await firstValueFrom(client.send(await small))).toBe('small');
  const answered: number[] = [];
  for (let data = 0; data < many; data++) {
    client.send<{ data: number }>(queue, data).subscribe((reply) => answered.push(reply.data));
  }
  await waitFor(async () => (await redis.look.llen(`${queue}requests`)) === many);
  return {
    client,
    answered,
    small: await small,
    async answer(): Promise<void> {
      await startApp({ connection: redis.url }, [Worker]);
      await waitFor(() => done === many);
    },
  };
}

/** @returns a queue whose handler answers with little. */
async function answering(): Promise<string> {
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue)
    run() {
      return 'small';
    }
  }
  await startApp({ connection: redis.url }, [Worker]);
  return queue;
}

const connectionsReceived = async (): Promise<number> =>
  Number(/total_connections_received:(\d+)/.exec(await redis.look.info('stats'))?.[1]);

const sorted = (numbers: readonly number[]): number[] =>
  numbers.toSorted((one, other) => one - other);

it('more than the server may hold for a connection is read in parts', async () => {
  await redis.look.config('SET', 'client-output-buffer-limit', 'normal 8mb 4mb 10');
  onTestFinished(async () => {
    await redis.look.config('SET', 'client-output-buffer-limit', 'normal 0 0 0');
  });
  const proxy = await Proxy.before(redis.port);
  const { client, answered, answer, small } = await gathered(proxy.url, 64);
  proxy.port = 1;
  proxy.cut(() => true);
  await answer();
  const before = await connectionsReceived();
  proxy.port = redis.port;
  const reply = firstValueFrom(client.send(small, undefined, { timeout: 15_000 }));
  await waitFor(() => answered.length === 64, 20_000);
  expect(await reply).toBe('small');
  expect(sorted(answered)).toEqual(Array.from({ length: 64 }, (_, data) => data));
  expect((await connectionsReceived()) - before).toBeLessThan(12);
  await expectToWork(client, small);
  proxy.close();
});

async function expectToWork(client: RequestClient, queue: string): Promise<void> {
  expect(await firstValueFrom(client.send(queue, undefined, { timeout: 5_000 }))).toBe('small');
}
