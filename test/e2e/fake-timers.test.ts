import { firstValueFrom } from 'rxjs';
import { expect, it, onTestFinished, vi } from 'vitest';
import { RequestTimeoutError } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { startProcess } from '../support/processes.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

const LIMIT = { timeout: 3_000 };

it('a test that fakes every clock of the requester has its requests answered by another process', async () => {
  const queue = randomQueue();
  await startProcess('worker', { QUEUE: queue, REDIS_URL: redis.url });
  const { client } = await startApp({ connection: redis.url, workers: false });
  expect(await firstValueFrom(client.send(queue, 'before'))).toMatchObject({ data: 'before' });
  // A faked clock begins at 0, which is long ago then.
  await waitFor(() => performance.now() > 2 * LIMIT.timeout);
  onTestFinished(() => {
    vi.useRealTimers();
  });
  vi.useFakeTimers({ now: 0 });
  expect(performance.now()).toBeLessThan(1);
  // By these clocks a job is late before it leaves.
  expect(await firstValueFrom(client.send(queue, 'early', LIMIT))).toMatchObject({ data: 'early' });
  vi.setSystemTime(Date.UTC(2100, 0));
  vi.advanceTimersByTime(20_000);
  expect(await firstValueFrom(client.send(queue, 'late', LIMIT))).toMatchObject({ data: 'late' });
  // Time that passes for the application only is no silence of the server.
  vi.advanceTimersByTime(60_000);
  expect(await firstValueFrom(client.send(queue, 'later', LIMIT))).toMatchObject({ data: 'later' });
});

it('the time of a request is up by the real clock, whatever a test does with the faked one', async () => {
  const queue = randomQueue();
  const { client } = await startApp({ connection: redis.url, workers: false, timeout: 60_000 });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  vi.useFakeTimers();
  for (const options of [{ timeout: 100 }, { timeout: 0, idleTimeout: 100 }]) {
    expect(await failureOf(client.send(queue, 1, options))).toBeInstanceOf(RequestTimeoutError);
  }
  const ends: unknown[] = [];
  for (const options of [{}, { timeout: 50_000 }]) {
    client.send(queue, 1, options).subscribe({ error: (error) => ends.push(error) });
  }
  vi.advanceTimersByTime(120_000);
  expect([client.pending, ends]).toEqual([2, []]);
});
