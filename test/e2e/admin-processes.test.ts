import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { openReqRep } from '../support/open-reqrep.js';
import { startProcess, stopProcess } from '../support/processes.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedisOrCluster } from '../support/redis-or-cluster.js';
import { waitFor } from '../support/wait-for.js';

const server = useRedisOrCluster();

const LEASE_MS = 1_500;

const worker = (queue: string, env: Readonly<Record<string, string>> = {}) =>
  startProcess('worker', {
    QUEUE: queue,
    REDIS_URL: server.url,
    OPTIONS: JSON.stringify({ lease: LEASE_MS }),
    ...env,
  });

it('a worker that is killed disappears within its lease, and its counts stay', async () => {
  const queue = randomQueue();
  const { admin, client } = openReqRep({ connection: server.url });
  const killed = await worker(queue);
  await Promise.all([1, 2, 3].map((data) => client.request(queue, data)));
  await waitFor(async () => (await admin.workers(queue))[0]?.counts.done === 3);
  expect((await admin.workers(queue)).map(({ pid }) => pid)).toEqual([killed.pid]);
  killed.kill('SIGKILL');
  const killedAt = performance.now();
  await waitFor(async () => (await admin.workers(queue)).length === 0);
  expect(performance.now() - killedAt).toBeLessThan(LEASE_MS + 1_000);
  // Nobody has recovered it, and its hash still tells.
  expect((await admin.queue(queue)).counts.done).toBe(3);
  const other = await worker(queue);
  const jobs = [4, 5].map((data) => firstValueFrom(client.send(queue, data)));
  await Promise.all(jobs);
  // Its counts are there once, whether others have found it lost already or not.
  await waitFor(async () => (await admin.queue(queue)).counts.done === 5);
  await waitFor(async () => (await server.look.zcard(`${queue}workers`)) === 1);
  expect((await admin.queue(queue)).counts.done).toBe(5);
  expect(await server.look.hget(`${queue}totals`, 'done')).toBe('3');
  await stopProcess(other);
  expect(await server.look.hget(`${queue}totals`, 'done')).toBe('5');
  expect(await admin.queue(queue)).toMatchObject({ workers: 0, running: 0, counts: { done: 5 } });
});

it('counts a job again that its worker was lost with', async () => {
  const queue = randomQueue();
  const { admin, client } = openReqRep({ connection: server.url });
  const lost = await worker(queue, { MS: '60000' });
  const reply = client.request(queue, 1, { timeout: 60_000 });
  await waitFor(async () => (await admin.queue(queue)).running === 1);
  await worker(queue);
  lost.kill('SIGKILL');
  expect(await reply).toMatchObject({ attempt: 2 });
  await waitFor(async () => (await admin.queue(queue)).counts.done === 1);
  expect((await admin.queue(queue)).counts.redelivered).toBe(1);
});

it('workers of another process hear of a pause within a second, and tell what they run', async () => {
  const queue = randomQueue();
  const { admin, client } = openReqRep({ connection: server.url });
  const options = JSON.stringify({ lease: 60_000 });
  const other = await worker(queue, { OPTIONS: options, MS: '400' });
  const running = client.request(queue, 1);
  await waitFor(async () => (await admin.running(queue)).jobs.length === 1);
  await admin.pause(queue);
  expect(await running).toMatchObject({ data: 1, pid: other.pid });
  await waitFor(async () => (await admin.workers(queue))[0]?.isPaused === true, 1_000);
  const later = client.request(queue, 2);
  await waitFor(async () => (await admin.queue(queue)).waiting === 1);
  expect((await admin.running(queue)).jobs).toEqual([]);
  await admin.resume(queue);
  expect(await later).toMatchObject({ data: 2 });
});
