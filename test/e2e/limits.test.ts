import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import {
  ClientClosedError,
  InvalidOptionError,
  NoWorkersError,
  PendingLimitError,
  PushFailedError,
  QueueFullError,
} from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { echoOf } from '../support/echo-worker.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();
const ignore = { error: () => undefined };

it('refuses a request past `maxPending` at once', async () => {
  const queue = randomQueue();
  const { client } = await startApp({ connection: server.url, maxPending: 2 });
  const first = client.send(queue).subscribe(ignore);
  client.send(queue).subscribe(ignore);
  expect(await failureOf(client.send(queue))).toBeInstanceOf(PendingLimitError);
  expect(await failureOf(client.emit(queue))).toBeInstanceOf(PendingLimitError);
  first.unsubscribe();
  expect(client.pending).toBe(1);
  await firstValueFrom(client.emit(queue));
});

it('does not join a queue as long as `maxQueueLength`', async () => {
  const queue = randomQueue();
  const { client } = await startApp({ connection: server.url });
  await Promise.all([1, 2].map((data) => firstValueFrom(client.emit(queue, data))));
  const receipt = await firstValueFrom(client.emit(queue, 3, { maxQueueLength: 3 }));
  expect(receipt.queueLength).toBe(3);
  const error = await failureOf(client.send(queue, 4, { maxQueueLength: 3 }));
  expect(error).toBeInstanceOf(QueueFullError);
  expect(error).toMatchObject({ queue, maxQueueLength: 3, queueLength: 3 });
  expect(await server.look.llen(`${queue}requests`)).toBe(3);
});

it('sends with `requireWorker` only when a live worker serves the queue', async () => {
  const queue = randomQueue();
  const { client } = await startApp({ connection: server.url });
  const error = await failureOf(client.send(queue, 1, { requireWorker: true }));
  expect(error).toBeInstanceOf(NoWorkersError);
  expect(await server.look.exists(`${queue}requests`)).toBe(0);
  await startApp({ connection: server.url }, [echoOf(queue)]);
  expect(await firstValueFrom(client.send(queue, 1, { requireWorker: true }))).toBe(1);
});

it('keeps the order of guarded and other jobs of one turn', async () => {
  const queue = randomQueue();
  const { client } = await startApp({ connection: server.url });
  await Promise.all([
    firstValueFrom(client.emit(queue, 1)),
    firstValueFrom(client.emit(queue, 2, { maxQueueLength: 10 })),
    firstValueFrom(client.emit(queue, 3)),
  ]);
  const elements = await server.look.lrange(`${queue}requests`, 0, -1);
  expect(elements.map((element) => JSON.parse(element)[1])).toEqual([1, 2, 3]);
});

it('ends a request with the reason of its signal', async () => {
  const queue = randomQueue();
  const { client } = await startApp({ connection: server.url });
  const controller = new AbortController();
  const failure = failureOf(client.send(queue, 1, { signal: controller.signal }));
  const reason = new Error('enough');
  controller.abort(reason);
  expect(await failure).toBe(reason);
  expect(await failureOf(client.send(queue, 1, { signal: controller.signal }))).toBe(reason);
  expect(client.pending).toBe(0);
});

it('does not push a request that was given up in the same turn', async () => {
  const queue = randomQueue();
  const { client } = await startApp({ connection: server.url });
  await firstValueFrom(client.emit(randomQueue()));
  client.send(queue, 'given up').subscribe(ignore).unsubscribe();
  await firstValueFrom(client.emit(queue, 'kept'));
  const elements = await server.look.lrange(`${queue}requests`, 0, -1);
  expect(elements.map((element) => JSON.parse(element)[1])).toEqual(['kept']);
});

it('close() fails all that wait and all that comes later, and may be called twice', async () => {
  const queue = randomQueue();
  const { client } = await startApp({ connection: server.url });
  const failures = [1, 2, 3].map((data) => failureOf(client.send(queue, data)));
  await waitFor(async () => (await server.look.llen(`${queue}requests`)) === 3);
  await Promise.all([client.close(), client.close()]);
  for (const error of await Promise.all(failures)) {
    expect(error).toBeInstanceOf(ClientClosedError);
  }
  expect(await failureOf(client.send(queue))).toBeInstanceOf(ClientClosedError);
  expect(await failureOf(client.emit(queue))).toBeInstanceOf(ClientClosedError);
  expect(client.pending).toBe(0);
});

it('tells the caller when Redis refuses the job', async () => {
  const queue = randomQueue();
  await server.look.set(`${queue}requests`, 'no list');
  const { client } = await startApp({ connection: server.url });
  const error = await failureOf(client.send(queue));
  expect(error).toBeInstanceOf(PushFailedError);
  expect(error).toMatchObject({ queue, reason: expect.stringContaining('WRONGTYPE') });
});

it('logs the error of an emit that nobody watches', async () => {
  const { client, log } = await startApp({ connection: server.url });
  client.emit(randomQueue(), 1n);
  await waitFor(() => log.text.includes('cannot be written as JSON'));
});

it.each([
  ['', {}, 'queue'],
  ['q', { timeout: -1 }, 'timeout'],
  ['q', { timeout: 2 ** 31 }, 'timeout'],
  ['q', { maxDeliveries: 0 }, 'maxDeliveries'],
  ['q', { headers: { a: 1 } }, 'headers'],
  ['q', { protocol: 3 }, 'protocol'],
  ['q', { protocol: 1, headers: { a: 'b' } }, 'headers'],
  ['q', { retries: 1 }, 'retries'],
])('refuses queue %j with options %j', async (queue, options, named) => {
  const { client } = await startApp({ connection: server.url });
  const error = await failureOf(client.send(queue, 1, options as object));
  expect(error).toBeInstanceOf(InvalidOptionError);
  expect((error as Error).message).toContain(named);
});
