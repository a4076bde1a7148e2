import { expect, it } from 'vitest';
import { openReqRep } from '../support/open-reqrep.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

/** Is renewed every 20 s: whatever is heard sooner was told by the control channel. */
const LONG_LEASE_MS = 60_000;

const open = (options = {}) => openReqRep({ connection: server.url, ...options });

it('pauses a queue for workers of other instances at once, keeps it paused after a restart, and resumes it', async () => {
  const queue = randomQueue();
  const { admin, client } = open();
  const serving = open({ lease: LONG_LEASE_MS });
  let ran = 0;
  await serving.workers.serve(queue, () => ++ran);
  expect(await client.request(queue)).toBe(1);
  const isHeard = async () => (await admin.running(queue)).silent.length === 0;
  await waitFor(isHeard);
  const paused = await admin.pause(queue);
  expect(paused).toMatchObject({ queue, olderWorkers: [] });
  expect(paused.workers.map(({ pid }) => pid)).toEqual([process.pid]);
  const isPaused = (): boolean => serving.workers.status.queues[0]?.isPaused === true;
  await waitFor(isPaused, 1_000);
  expect((await admin.queue(queue)).isPaused).toBe(true);
  await waitFor(async () => (await admin.workers(queue))[0]?.isPaused === true, 1_000);
  const waiting = client.request(queue);
  await waitFor(async () => (await admin.queue(queue)).waiting === 1);
  await serving.workers.stop();
  await serving.workers.start();
  expect(isPaused()).toBe(true);
  await serving.workers.pause(queue);
  serving.workers.resume(queue);
  expect(isPaused()).toBe(true);
  expect(ran).toBe(1);
  expect((await admin.peek(queue)).length).toBe(1);
  await waitFor(isHeard);
  await admin.resume(queue);
  expect(await waiting).toBe(2);
  expect((await admin.queue(queue)).isPaused).toBe(false);
  const told = serving.lines.filter((line) => line.includes('for all processes'));
  expect(told.map((line) => /is paused|was resumed/.exec(line)?.[0])).toEqual([
    'is paused',
    'is paused',
    'was resumed',
  ]);
});

it('a worker that missed the message hears of it with the next renewal of its lease', async () => {
  const queue = randomQueue();
  const { workers } = open({ lease: 300 });
  await workers.serve(queue, (data) => data);
  await server.look.set(`${queue}paused`, '1');
  await waitFor(() => workers.status.queues[0]?.isPaused === true);
  await server.look.del(`${queue}paused`);
  await waitFor(() => workers.status.queues[0]?.isPaused === false);
});

it('jobs that run go on while their queue is paused, and those that wait in the worker are given back', async () => {
  const queue = randomQueue();
  const { admin, client, workers } = open();
  let end: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (end = resolve));
  await workers.serve(
    queue,
    async (data) => {
      await (data === 'hold' ? held : undefined);
      return data;
    },
    { concurrency: 1 },
  );
  // Short jobs, so that it takes more than it runs.
  await Promise.all(Array.from({ length: 50 }, () => client.request(queue, 'quick')));
  const first = client.request(queue, 'hold');
  const others = [1, 2, 3].map((data) => client.request(queue, data));
  await waitFor(async () => (await admin.running(queue)).jobs.length === 1);
  await admin.pause(queue);
  await waitFor(async () => (await admin.queue(queue)).waiting === 3);
  end();
  expect(await first).toBe('hold');
  expect((await admin.queue(queue)).waiting).toBe(3);
  await admin.resume(queue);
  expect(await Promise.all(others)).toEqual([1, 2, 3]);
});

it('tells what runs since when', async () => {
  const queue = randomQueue();
  const { admin, client, workers } = open();
  let end: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (end = resolve));
  await workers.serve(queue, () => held, { concurrency: 2 });
  expect(await admin.running(queue)).toEqual({ jobs: [], silent: [] });
  const replies = [client.request(queue), client.request(queue)];
  await waitFor(async () => (await admin.running(queue)).jobs.length === 2);
  const { jobs, silent } = await admin.running(queue, { timeout: 5_000 });
  expect(silent).toEqual([]);
  const [worker] = await admin.workers(queue);
  for (const job of jobs) {
    expect(job).toMatchObject({ queue, worker: worker?.id, attempt: 1 });
    expect(job.since).toBeGreaterThanOrEqual(worker?.startedAt ?? Infinity);
  }
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(2);
  end();
  await Promise.all(replies);
  await expect(admin.running(queue, { timeout: 0 })).rejects.toMatchObject({
    code: 'INVALID_OPTION',
  });
  // That of the client may be there.
  expect((await server.look.keys('replies:*')).length).toBeLessThanOrEqual(1);
});

it('names workers that cannot hear: those of the version before', async () => {
  const queue = randomQueue();
  const { admin } = open();
  const [seconds] = await server.look.time();
  const expiry = (Number(seconds) + 60) * 1_000;
  // All that a worker of the version before writes.
  await server.look.zadd(`${queue}workers`, expiry, 'old');
  const fields = {
    slots: 34,
    connections: '',
    server: 'run',
    host: 'old-host',
    pid: 7,
    started: 5,
  };
  for (const [field, value] of Object.entries(fields)) {
    await server.look.hset(`${queue}worker:old`, field, value);
  }
  const older = { id: 'old', queue, host: 'old-host', pid: 7, startedAt: 5, leaseUntil: expiry };
  expect(await admin.workers(queue)).toEqual([expect.objectContaining(older)]);
  expect((await admin.workers(queue))[0]).toMatchObject({
    version: undefined,
    counts: { done: 0 },
  });
  const { workers, olderWorkers } = await admin.pause(queue);
  expect([workers, olderWorkers.map(({ id }) => id)]).toEqual([[], ['old']]);
  const { silent } = await admin.running(queue);
  expect(silent.map(({ id }) => id)).toEqual(['old']);
});
