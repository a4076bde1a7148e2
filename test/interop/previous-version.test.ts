import { describe, expect, it } from 'vitest';
import type { PeerReply } from '../processes/peer.js';
import { openReqRep } from '../support/open-reqrep.js';
import { Peer } from '../support/peer.js';
import { processOfPreviousVersion } from '../support/previous-version.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

/** An update of a running system: processes of the version before beside those of this one. */

type Version = 'old' | 'new';

/** Lease of a worker that soon looks for lost workers, and of one that leaves that to others, ms. */
const SHORT_LEASE_MS = 500;
const LONG_LEASE_MS = 60_000;

const REQUESTS = 100;

const redis = useRedis();

const oldPeer = await processOfPreviousVersion('peer');

/** Starts a process of a version. @param queue - what it serves, if anything. */
const start = (version: Version, queue = '', lease = SHORT_LEASE_MS): Promise<Peer> =>
  Peer.start(
    {
      QUEUE: queue,
      REDIS_URL: redis.url,
      OPTIONS: JSON.stringify({ lease, logger: false }),
    },
    version === 'old' ? oldPeer : undefined,
  );

/** Starts a worker of each version. */
const startBoth = (
  queue: string,
  oldLease = SHORT_LEASE_MS,
  newLease = SHORT_LEASE_MS,
): Promise<[old: Peer, present: Peer]> =>
  Promise.all([start('old', queue, oldLease), start('new', queue, newLease)]);

/** Starts a client of each version. */
const startClients = (): Promise<Peer[]> => Promise.all([start('old'), start('new')]);

const textsOf = (what: string): string[] =>
  Array.from({ length: REQUESTS }, (_, index) => `${what} ${index}`);

describe.skipIf(oldPeer === undefined)('workers of the previous version beside new ones', () => {
  it('answer the requests of clients of both versions', async () => {
    const queue = randomQueue();
    const [workers, clients] = await Promise.all([startBoth(queue), startClients()]);
    for (const client of clients) {
      const texts = textsOf('request');
      const ends = await Promise.all(texts.map((text) => client.send(queue, { text }).end));
      const replies = ends.map(({ values: [reply] }) => reply as PeerReply);
      expect(replies.map(({ text }) => text)).toEqual(texts);
      const pids = new Set(replies.map(({ pid }) => pid));
      expect(pids).toEqual(new Set(workers.map(({ pid }) => pid)));
    }
  });

  it('run what clients of both versions emit, once', async () => {
    const queue = randomQueue();
    const [workers, clients] = await Promise.all([startBoth(queue), startClients()]);
    const texts = clients.flatMap(({ pid }) => textsOf(`emit of ${pid}`));
    await Promise.all(
      clients.flatMap((client) =>
        textsOf(`emit of ${client.pid}`).map((text) => client.emit(queue, { text }).end),
      ),
    );
    const started = (): string[] => workers.flatMap((worker) => worker.started);
    await waitFor(() => started().length >= texts.length);
    expect(started().toSorted()).toEqual(texts.toSorted());
    expect(workers.every((worker) => worker.started.length > 0)).toBe(true);
    await waitFor(async () => (await redis.look.keys(`${queue}active:*`)).length === 0);
  });

  const pairs: readonly (readonly [Version, Version])[] = [
    ['old', 'new'],
    ['new', 'old'],
  ];

  it.each(pairs)('stream from the %s version to the %s one', async (from, to) => {
    const queue = randomQueue();
    const [, client] = await Promise.all([start(from, queue), start(to)]);
    const { values, error } = await client.send(queue, { text: 'value', count: REQUESTS }).end;
    expect({ values, error }).toEqual({ values: textsOf('value'), error: undefined });
  });

  it.each(pairs)('hear of a cancellation: %s worker, %s client', async (from, to) => {
    const queue = randomQueue();
    const [worker, client] = await Promise.all([start(from, queue), start(to)]);
    const request = client.send(queue, { text: 'request', hangsIn: worker.pid });
    const stream = client.send(queue, { text: 'stream', count: 1_000_000 });
    await waitFor(() => worker.started.length === 2 && stream.values.length > 0);
    request.cancel();
    stream.cancel();
    await waitFor(() => worker.aborted.length === 2);
  });

  it.each(pairs)('run the job of a killed worker: %s killed, %s left', async (killed, left) => {
    const queue = randomQueue();
    const lost = await start(killed, queue);
    const { client } = openReqRep({ connection: redis.url });
    const reply = client.request<PeerReply>(queue, { text: 'again', hangsIn: lost.pid });
    await waitFor(() => lost.started.length === 1);
    const other = await start(left, queue);
    lost.kill();
    expect(await reply).toEqual({ text: 'again', pid: other.pid, attempt: 2 });
  });

  it('renew their leases, and are listed without what they do not tell', async () => {
    const queue = randomQueue();
    const [old, present] = await startBoth(queue);
    const { admin } = openReqRep({ connection: redis.url });
    const find = async (pid: number) =>
      (await admin.workers(queue)).find((worker) => worker.pid === pid);
    const first = await find(old.pid);
    expect(first).toMatchObject({ queue, version: undefined, isPaused: undefined });
    expect(await find(present.pid)).toMatchObject({ queue, version: expect.any(String) });
    const later = Number(first?.leaseUntil) + 3 * SHORT_LEASE_MS;
    await waitFor(async () => Number((await find(old.pid))?.leaseUntil) > later);
    expect(await find(old.pid)).toMatchObject({ id: first?.id, startedAt: first?.startedAt });
    expect(await admin.running(queue)).toMatchObject({ jobs: [], silent: [{ pid: old.pid }] });
    expect(await admin.queues()).toContainEqual(expect.objectContaining({ queue, workers: 2 }));
  });

  it('go on while the queue is paused, and are named', async () => {
    const queue = randomQueue();
    const [old, present] = await startBoth(queue);
    const { admin, client } = openReqRep({ connection: redis.url });
    expect(await admin.pause(queue)).toMatchObject({
      workers: [{ pid: present.pid }],
      olderWorkers: [{ pid: old.pid }],
    });
    await waitFor(async () => (await admin.workers(queue)).some(({ isPaused }) => isPaused));
    const replies = await Promise.all(
      textsOf('request').map((text) => client.request<PeerReply>(queue, { text })),
    );
    expect(new Set(replies.map(({ pid }) => pid))).toEqual(new Set([old.pid]));
    await admin.resume(queue);
    await waitFor(async () => {
      const { pid } = await client.request<PeerReply>(queue, { text: 'later' });
      return pid === present.pid;
    });
  });

  it('bury jobs where a new admin lists, retries and removes them', async () => {
    const queue = randomQueue();
    const lost = await start('old', queue);
    const { admin, client } = openReqRep({ connection: redis.url });
    const job = { text: 'lost', hangsIn: lost.pid };
    const failed = client.request(queue, job, { maxDeliveries: 1 }).catch((error: Error) => error);
    await waitFor(() => lost.started.length === 1);
    const others = await startBoth(queue, SHORT_LEASE_MS, LONG_LEASE_MS);
    lost.kill();
    expect(await failed).toMatchObject({ code: 'WORKER_LOST' });
    // The new worker takes no jobs, so that the old one comes across what is no job.
    await admin.pause(queue);
    await waitFor(async () => (await admin.workers(queue)).some(({ isPaused }) => isPaused));
    await redis.look.rpush(`${queue}requests`, 'no job');
    const letters = admin.deadLetters(queue);
    await waitFor(async () => (await letters.count()) === 2);
    const [unreadable, undelivered] = await letters.list();
    expect(unreadable).toMatchObject({ reason: 'unreadable', text: 'no job' });
    expect(undelivered).toMatchObject({ reason: 'out of deliveries', data: job });
    const ids = [String(unreadable?.id), String(undelivered?.id)];
    expect(ids).toEqual([expect.stringMatching(/^old-1-/), expect.stringMatching(/^old-0-/)]);
    expect(await redis.look.llen(`${queue}dead`)).toBe(2);
    expect(await letters.remove(ids[0] ?? '')).toBe(1);
    expect(await letters.retry(ids[1] ?? '')).toBe(1);
    await waitFor(() => others.some(({ started }) => started.includes('lost')));
    expect(await letters.list()).toEqual([]);
  });

  it('are lost with jobs that a new one buries in its own way', async () => {
    const queue = randomQueue();
    const lost = await start('old', queue);
    const { admin, client } = openReqRep({ connection: redis.url });
    const job = { text: 'lost', hangsIn: lost.pid };
    const failed = client.request(queue, job, { maxDeliveries: 1 }).catch((error: Error) => error);
    await waitFor(() => lost.started.length === 1);
    await startBoth(queue, LONG_LEASE_MS);
    lost.kill();
    expect(await failed).toMatchObject({ code: 'WORKER_LOST' });
    const [letter] = await admin.deadLetters(queue).list();
    expect(letter).toMatchObject({ reason: 'out of deliveries', data: job });
    expect(letter?.id).toMatch(/^\d/);
  });
});
