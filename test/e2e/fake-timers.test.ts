import { firstValueFrom } from 'rxjs';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startApp } from '../support/app.js';
import { startProcess } from '../support/processes.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';

const redis = useRedis();

it('a test that fakes every clock of the requester has its requests answered by another process', async () => {
  const queue = randomQueue();
  await startProcess('worker', { QUEUE: queue, REDIS_URL: redis.url });
  const { client } = await startApp({ connection: redis.url, workers: false });
  expect(await firstValueFrom(client.send(queue, 'before'))).toMatchObject({ data: 'before' });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  vi.useFakeTimers({ now: 0 });
  expect(performance.now()).toBeLessThan(1);
  // By these clocks the jobs of today were due half a century ago, or are due in a week.
  expect(await firstValueFrom(client.send(queue, 'early'))).toMatchObject({ data: 'early' });
  vi.setSystemTime(Date.UTC(2100, 0));
  vi.advanceTimersByTime(20_000);
  expect(await firstValueFrom(client.send(queue, 'late'))).toMatchObject({ data: 'late' });
  // Time that passes for the application only is no silence of the server.
  vi.advanceTimersByTime(60_000);
  expect(await firstValueFrom(client.send(queue, 'later'))).toMatchObject({ data: 'later' });
});
