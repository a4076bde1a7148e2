import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openReqRep, type TestReqRep } from '../support/open-reqrep.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

const ROUNDS = 24;
const JOBS_PER_ROUND = 40;

it('pauses and resumes under load lose, double and miscount nothing, while workers pause, start and stop', async () => {
  const queue = randomQueue();
  const { admin, client } = openReqRep({ connection: server.url, timeout: 60_000 });
  const runs = new Map<unknown, number>();
  const serve = async (): Promise<TestReqRep> => {
    const serving = openReqRep({ connection: server.url });
    await serving.workers.serve(
      queue,
      async (data) => {
        runs.set(data, (runs.get(data) ?? 0) + 1);
        await (Number(data) % 7 === 0 ? delay(2) : undefined);
        return data;
      },
      { concurrency: 4 },
    );
    return serving;
  };
  let first = await serve();
  const { workers } = await serve();
  const replies: Promise<unknown>[] = [];
  const ask = (): void => void replies.push(client.request(queue, replies.length));
  for (let round = 0; round < ROUNDS; round++) {
    // One alone is settled in one write with the wait for the next.
    Array.from({ length: round % 3 === 0 ? 1 : JOBS_PER_ROUND }, ask);
    await (round % 4 === 1 ? first.workers.pause(queue) : undefined);
    const paused = admin.pause(queue);
    await (round % 2 === 0 ? undefined : paused);
    ask();
    if (round % 5 === 0) {
      await workers.stop();
      await workers.start();
    }
    if (round % 8 === 7) {
      await first.close();
      first = await serve();
    }
    await paused;
    await admin.resume(queue);
    first.workers.resume(queue);
  }
  expect(await Promise.all(replies)).toEqual([...replies.keys()]);
  expect([...runs.values()].filter((count) => count > 1)).toEqual([]);
  await Promise.all([first.workers.stop(), workers.stop()]);
  const { counts, ...state } = await admin.queue(queue);
  expect(state).toMatchObject({ waiting: 0, running: 0, dead: 0, workers: 0, isPaused: false });
  expect(counts).toMatchObject({ done: replies.length, failed: 0 });
  expect(counts.runs.buckets.reduce((sum, { count }) => sum + count, 0)).toBe(replies.length);
});

it('letters that several retry at the same time go back once', async () => {
  const queue = randomQueue();
  const { admin, client, workers } = openReqRep({ connection: server.url, maxDead: 50 });
  const others = [openReqRep({ connection: server.url }), openReqRep({ connection: server.url })];
  await workers.serve(queue, () => {
    throw new Error('no');
  });
  for (let job = 0; job < 60; job++) {
    client.emit(queue, job);
  }
  const letters = admin.deadLetters(queue);
  await waitFor(async () => (await letters.list({ limit: 1 }))[0]?.data === 59);
  await workers.stop();
  const old = Array.from({ length: 7 }, () => '{"job":"[1,2,{}]","at":1}');
  await server.look.rpush(`${queue}dead`, ...old);
  expect(await letters.count()).toBe(57);
  const counts = await Promise.all(
    [letters, ...others.map((other) => other.admin.deadLetters(queue))].map((each) =>
      each.retry({}),
    ),
  );
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(57);
  expect(await letters.count()).toBe(0);
  const waiting = await admin.peek(queue, { limit: 1_000 });
  expect(waiting.filter(({ data }) => data !== 2).length).toBe(50);
  expect(new Set(waiting.map(({ id }) => id)).size).toBe(51);
  expect(waiting.length).toBe(57);
});
