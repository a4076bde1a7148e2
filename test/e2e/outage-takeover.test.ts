import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { lastValueFrom } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { startLocalRedis } from '../../sample-app/src/local-redis.js';
import { Proxy } from '../chaos/proxy.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { hasEnded, startProcess } from '../support/processes.js';
import { randomQueue } from '../support/random-queue.js';
import { waitFor } from '../support/wait-for.js';
import { countDead } from '../support/dead-letters.js';

it('the first worker to return after an outage recovers jobs of lost workers only', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'redis-'));
  const args = ['--appendonly', 'yes', '--appendfsync', 'always', '--dir', folder];
  let server = await startLocalRedis({ args });
  const proxy = await Proxy.before(server.port);
  const { url } = proxy;
  const look = new Redis(url, { retryStrategy: () => 100 });
  look.on('error', () => undefined);
  onTestFinished(async () => {
    look.disconnect();
    proxy.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const queue = randomQueue();
  const OPTIONS = JSON.stringify({ lease: 1_000 });
  const start = (MS: number) =>
    startProcess('worker', {
      QUEUE: queue,
      REDIS_URL: url,
      OPTIONS,
      CONCURRENCY: '2',
      MS: String(MS),
    });
  const areActive = async (count: number): Promise<boolean> => {
    const slots = await look.keys(`${queue}active:*`);
    const jobs = await Promise.all(slots.map((slot) => look.llen(slot)));
    return jobs.reduce((sum, length) => sum + length, 0) === count;
  };
  const { client } = await startApp({ connection: url, workers: false });
  const send = (data: string) => client.send(queue, data, { maxDeliveries: 1, timeout: 60_000 });
  const dead = await start(60_000);
  const lost = failureOf(send('lost'));
  const alsoLost = failureOf(send('also lost'));
  await waitFor(() => areActive(2));
  const workers = await Promise.all([1, 2, 3, 4].map(() => start(12_000)));
  const names = Array.from({ length: 8 }, (_, index) => `job ${index}`);
  const replies = Promise.all(names.map((name) => lastValueFrom(send(name))));
  await waitFor(() => areActive(10));

  process.kill(server.pid, 'SIGKILL');
  dead.kill('SIGKILL');
  await waitFor(() => hasEnded(dead));
  await delay(8_000);
  server = await startLocalRedis({ args });
  proxy.port = server.port;
  const back = performance.now();

  const ends = await replies;
  expect(ends.map((end) => (end as { data: string }).data)).toEqual(names);
  expect(ends.every((end) => (end as { attempt: number }).attempt === 1)).toBe(true);
  expect(new Set(ends.map((end) => (end as { pid: number }).pid))).toEqual(
    new Set(workers.map(({ pid }) => pid)),
  );
  expect(client.droppedReplies).toBe(0);
  for (const error of await Promise.all([lost, alsoLost])) {
    expect(error).toMatchObject({ code: 'WORKER_LOST', deliveries: 1 });
  }
  expect(performance.now() - back).toBeLessThan(22_000);
  expect(await countDead(look, queue)).toBe(2);
}, 90_000);
