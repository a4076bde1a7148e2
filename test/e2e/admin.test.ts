import { Inject, Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { createReqRep } from '../../lib/core/index.js';
import {
  getQueueAdminToken,
  InjectQueueAdmin,
  InvalidOptionError,
  QueueAdmin,
} from '../../lib/index.js';
import { LIBRARY_VERSION } from '../../lib/protocol/library-version.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { openReqRep } from '../support/open-reqrep.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

/** Renewed leases tell counts soon. */
const LEASE_MS = 300;

const open = (options = {}) => openReqRep({ connection: server.url, lease: LEASE_MS, ...options });

it('lists the queues that are or were served, and of each what waits and runs', async () => {
  const prefix = `${randomQueue()}:`;
  const { client, workers, admin } = open({ prefix });
  expect(await admin.queues()).toEqual([]);
  let end: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (end = resolve));
  await workers.serve('reports', async () => held, { concurrency: 1 });
  await workers.serve('mails', (data) => data);
  const [first] = [client.request('reports', 1)];
  await waitFor(async () => (await admin.queue('reports')).running === 1);
  const others = [2, 3, 4, 5].map((data) => client.request('reports', data));
  await waitFor(async () => (await admin.queue('reports')).waiting >= 3);
  const [mails, reports, ...more] = await admin.queues();
  expect(more).toEqual([]);
  expect(mails).toMatchObject({ queue: 'mails', waiting: 0, age: 0, running: 0, workers: 1 });
  expect(reports).toMatchObject({ queue: 'reports', workers: 1, dead: 0, isPaused: false });
  expect(reports?.age).toBeGreaterThanOrEqual(0);
  end();
  await Promise.all([first, ...others]);
  await waitFor(async () => (await admin.queue('reports')).counts.done === 5);
  await workers.stop();
  const queues = await admin.queues();
  expect(queues.map(({ queue, workers: alive }) => [queue, alive])).toEqual([
    ['mails', 0],
    ['reports', 0],
  ]);
  const { counts } = await admin.queue('reports');
  expect(counts).toMatchObject({ done: 5, failed: 0, expired: 0, cancelled: 0, redelivered: 0 });
  for (const { buckets, sum } of [counts.runs, counts.waits]) {
    expect(buckets.reduce((total, { count }) => total + count, 0)).toBe(5);
    expect(sum).toBeGreaterThanOrEqual(0);
    expect(buckets.map(({ upTo }) => upTo).at(-1)).toBeUndefined();
  }
});

it('tells of each worker where it runs, what it serves and what it has done', async () => {
  const queue = randomQueue();
  const { client, workers, admin } = open();
  const before = Date.now();
  async function render(data: unknown): Promise<unknown> {
    if (data === 'fail') {
      throw new Error('no');
    }
    return data;
  }
  await workers.serve(queue, render, { concurrency: 3 });
  await client.request(queue, 1);
  await failureOf(client.send(queue, 'fail'));
  await waitFor(async () => (await admin.workers(queue))[0]?.counts.failed === 1);
  const [worker, ...others] = await admin.workers(queue);
  expect(others).toEqual([]);
  expect(worker).toMatchObject({
    queue,
    pid: process.pid,
    handler: 'render',
    version: LIBRARY_VERSION,
    concurrency: 3,
    running: 0,
    isPaused: false,
    counts: { done: 1, failed: 1 },
  });
  expect(worker?.startedAt).toBeGreaterThan(before - 60_000);
  expect(worker?.leaseUntil).toBeGreaterThan(worker?.startedAt ?? Infinity);
  expect((await admin.workers()).filter((each) => each.queue === queue)).toHaveLength(1);
  await workers.pause(queue);
  await waitFor(async () => (await admin.workers(queue))[0]?.isPaused === true);
  expect((await admin.queue(queue)).isPaused).toBe(false);
});

it('counts how jobs end', async () => {
  const queue = randomQueue();
  const { client, workers, admin } = open();
  const counts = async () => (await admin.queue(queue)).counts;
  await workers.serve(queue, async (_, { signal }) => {
    await new Promise((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason)),
    );
  });
  await server.look.rpush(`${queue}requests`, '["old",1,{"c":"nobody","t":1,"d":2}]');
  await waitFor(async () => (await counts()).expired === 1);
  const running = client.send(queue).subscribe();
  await waitFor(async () => (await admin.workers(queue))[0]?.running === 1);
  running.unsubscribe();
  await waitFor(async () => (await counts()).cancelled === 1);
  expect(await counts()).toMatchObject({ done: 0, failed: 0, expired: 1, cancelled: 1 });
});

it('shows waiting jobs from the next one on, and leaves them', async () => {
  const queue = randomQueue();
  const { client, admin } = open();
  const sent = await Promise.all(
    [0, 1, 2, 3].map((data) =>
      firstValueFrom(client.emit(queue, { data }, { headers: { tenant: 'acme' } })),
    ),
  );
  expect(sent).toHaveLength(4);
  await server.look.rpush(`${queue}requests`, 'no job');
  const jobs = await admin.peek(queue);
  expect(jobs.map(({ data }) => data)).toEqual([
    { data: 0 },
    { data: 1 },
    { data: 2 },
    { data: 3 },
    undefined,
  ]);
  expect(jobs[0]).toMatchObject({
    queue,
    position: 0,
    kind: 'emit',
    headers: { tenant: 'acme' },
    attempt: 1,
    problem: undefined,
  });
  expect(jobs[0]?.pushedAt).toBeGreaterThan(0);
  expect(jobs[4]).toMatchObject({ position: 4, id: undefined, element: 'no job' });
  expect(jobs[4]?.problem).toContain('not JSON');
  const some = await admin.peek(queue, { skip: 1, limit: 2 });
  expect(some.map(({ position }) => position)).toEqual([1, 2]);
  const { id = '' } = some[0] ?? {};
  expect(await admin.find(queue, id)).toEqual(some[0]);
  expect(await admin.find(queue, 'nobody')).toBeUndefined();
  expect((await admin.queue(queue)).waiting).toBe(5);
});

it('finds a job among many', async () => {
  const queue = randomQueue();
  const { client, admin } = open();
  await Promise.all(
    Array.from({ length: 1_050 }, (_, data) => firstValueFrom(client.emit(queue, data))),
  );
  const [first] = await admin.peek(queue, { limit: 1 });
  const [middle] = await admin.peek(queue, { skip: 700, limit: 1 });
  for (const job of [first, middle]) {
    expect(await admin.find(queue, job?.id ?? '')).toEqual(job);
  }
});

it('is injected, also for an instance with a name', async () => {
  @Injectable()
  class Watcher {
    constructor(
      readonly admin: QueueAdmin,
      @Inject(getQueueAdminToken('default')) readonly same: QueueAdmin,
    ) {}
  }
  @Injectable()
  class BillingWatcher {
    constructor(@InjectQueueAdmin('billing') readonly admin: QueueAdmin) {}
  }
  const { app } = await startApp({ connection: server.url, workers: false }, [Watcher]);
  const watcher = app.get(Watcher);
  expect(watcher.admin).toBe(watcher.same);
  expect(await watcher.admin.queue(randomQueue())).toMatchObject({ waiting: 0, workers: 0 });
  const named = await startApp({ connection: server.url, workers: false, name: 'billing' }, [
    BillingWatcher,
  ]);
  expect(named.app.get(BillingWatcher).admin).toBeInstanceOf(QueueAdmin);
});

it('refuses wrong names and ranges', async () => {
  const { admin } = open();
  await expect(admin.queue('')).rejects.toBeInstanceOf(InvalidOptionError);
  await expect(admin.peek('jobs', { limit: 0 })).rejects.toMatchObject({
    option: 'limit in the options of a call to `admin.peek`',
  });
  await expect(admin.workers(7 as never)).rejects.toBeInstanceOf(InvalidOptionError);
});

it('fails once it was closed', async () => {
  const { admin, close } = createReqRep({ connection: server.url, logger: false });
  await close();
  await expect(admin.queues()).rejects.toMatchObject({
    code: 'CONNECTION_FAILED',
    // `failFast` is about the start of an application.
    message: expect.not.stringContaining('failFast'),
  });
});
