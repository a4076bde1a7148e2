import { Injectable } from '@nestjs/common';
import { expect, it, onTestFinished, vi } from 'vitest';
import { OnJob } from '../../lib/index.js';
import type { MemoryQueues } from '../../lib/testing/index.js';
import { startUnderTest } from '../support/app-under-test.js';

@Injectable()
class Worker {
  @OnJob('echo')
  echo(data: unknown): unknown {
    return data;
  }
}

it.each<[string, (queues: MemoryQueues) => unknown]>([
  ['operations are on their way', (queues) => queues.delay(1_000)],
  ['the server is away', (queues) => queues.disconnect()],
  ['pushes are refused', (queues) => queues.refuse('push', 'OOM command not allowed')],
  ['takes are refused', (queues) => queues.refuse('take', 'OOM command not allowed')],
  ['replies are refused', (queues) => queues.refuse('reply', 'OOM command not allowed')],
  ['leases are refused', (queues) => queues.refuse('renew', 'OOM command not allowed')],
  ['an answer is about to be lost', (queues) => queues.loseAnswer('renew')],
  ['jobs are held', (queues) => queues.hold('echo')],
])('a module under test closes while no time passes, if %s', async (_, trouble) => {
  vi.useFakeTimers();
  const { app, client, queues } = await startUnderTest([Worker]);
  onTestFinished(() => {
    vi.useRealTimers();
  });
  await trouble(queues);
  client.emit('echo', 1);
  const call = client.send('echo', 2).subscribe({ error: () => undefined });
  await app.close();
  expect([client.pending, call.closed]).toEqual([0, true]);
});
