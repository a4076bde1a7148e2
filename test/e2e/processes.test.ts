import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { startApp } from '../support/app.js';
import { hasEnded, startProcess, stopProcess } from '../support/processes.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedisOrCluster } from '../support/redis-or-cluster.js';
import { waitFor } from '../support/wait-for.js';

const server = useRedisOrCluster();

interface Echo {
  readonly data: number;
  readonly pid: number;
}

const worker = (queue: string, env: Readonly<Record<string, string>> = {}) =>
  startProcess('worker', { QUEUE: queue, REDIS_URL: server.url, ...env });

it('shares 20 requests among two worker processes, each answered once', async () => {
  const queue = randomQueue();
  const workers = await Promise.all([
    worker(queue, { CONCURRENCY: '2', MS: '20' }),
    worker(queue, { CONCURRENCY: '2', MS: '20' }),
  ]);
  const { client } = await startApp({ connection: server.url });
  const replies: Echo[] = [];
  for (let i = 0; i < 20; i++) {
    client.send<Echo>(queue, i).subscribe((reply) => replies.push(reply));
  }
  await waitFor(() => client.pending === 0);
  expect(replies.map(({ data }) => data).toSorted((a, b) => a - b)).toEqual([...Array(20).keys()]);
  expect(new Set(replies.map(({ pid }) => pid))).toEqual(new Set(workers.map(({ pid }) => pid)));
  expect(client.droppedReplies).toBe(0);
});

it('answers requests that were sent before any worker existed', async () => {
  const queue = randomQueue();
  const { client } = await startApp({ connection: server.url });
  const replies = Promise.all(
    Array.from({ length: 5 }, (_, i) => firstValueFrom(client.send<Echo>(queue, i))),
  );
  await waitFor(async () => (await server.look.llen(`${queue}requests`)) === 5);
  await worker(queue);
  expect((await replies).map(({ data }) => data)).toEqual([0, 1, 2, 3, 4]);
});

it('gives each of 10 000 callers its own reply, 256 in flight', async () => {
  const queue = randomQueue();
  await worker(queue);
  const { client } = await startApp({ connection: server.url });
  let next = 0;
  let right = 0;
  const caller = async (): Promise<void> => {
    while (next < 10_000) {
      const value = next++;
      const { data } = await firstValueFrom(client.send<Echo>(queue, value));
      right += data === value ? 1 : 0;
    }
  };
  await Promise.all(Array.from({ length: 256 }, caller));
  expect(right).toBe(10_000);
  expect(client.droppedReplies).toBe(0);
  expect(await server.look.keys(`${queue}active:*`)).toEqual([]);
});

it('a process that has closed its application ends by itself', async () => {
  const queue = randomQueue();
  await worker(queue);
  const requester = await startProcess('requester', { QUEUE: queue, REDIS_URL: server.url });
  await waitFor(() => hasEnded(requester));
  expect(requester.exitCode).toBe(0);
});

it('a process whose handlers end in odd ways, or never, ends by itself once its application is closed', async () => {
  const odd = await startProcess('odd-ends', { QUEUE: randomQueue(), REDIS_URL: server.url });
  await waitFor(() => hasEnded(odd));
  expect(odd.exitCode).toBe(0);
});

it('leaves nothing behind but counts when requesters and workers are gone', async () => {
  const queue = randomQueue();
  const { client, app } = await startApp({ connection: server.url });
  const one = await worker(queue);
  await firstValueFrom(client.send(queue, 1));
  await app.close();
  await stopProcess(one);
  expect(await server.look.keys(`${queue}*`)).toEqual([`${queue}totals`]);
  expect(await server.look.keys('replies:*')).toEqual([]);
});
