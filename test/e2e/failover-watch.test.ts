import { expect, it, onTestFinished, vi } from 'vitest';
import { openReqRep } from '../support/open-reqrep.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { stubSentinel, type StubSentinel } from '../support/stub-sentinel.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

/** The ids of the connections of the library. */
async function connections(): Promise<readonly string[]> {
  const list = String(await redis.look.client('LIST'));
  return [...list.matchAll(/^id=(\d+) .*name=nestjs-reqrep:/gm)].map(([, id = '']) => id);
}

/** Opens client and workers that have found their primary by Sentinels. */
async function openBy(sentinels: readonly StubSentinel[]) {
  const queue = randomQueue();
  const { client, workers, lines } = openReqRep({
    connection: {
      sentinels: sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
      name: 'main',
    },
  });
  await workers.serve(queue, (data) => data);
  const ask = async (): Promise<void> => expect(await client.request(queue, 1)).toBe(1);
  await ask();
  await waitFor(() => sentinels.every(({ listeners }) => listeners > 0));
  return { ask, lines };
}

const startSentinel = (): Promise<StubSentinel> =>
  stubSentinel({ host: '127.0.0.1', port: redis.port });

/** Expects that all connections leave their server for the one that the Sentinel names, which is the same here. */
async function expectLeft(sentinel: StubSentinel, ask: () => Promise<void>): Promise<void> {
  const before = await connections();
  sentinel.tell(`main 127.0.0.1 ${redis.port} 127.0.0.1 1`);
  await waitFor(async () => {
    const now = await connections();
    return now.length === before.length && now.every((id) => !before.includes(id));
  });
  await ask();
}

it('the failover of another primary of the same Sentinels changes nothing', async () => {
  const sentinel = await startSentinel();
  const { ask, lines } = await openBy([sentinel]);
  const before = await connections();
  sentinel.tell(`other 127.0.0.1 ${redis.port} 127.0.0.1 1`);
  sentinel.tell(`main 127.0.0.1 1 127.0.0.1 ${redis.port}`); // they are there already
  for (let i = 0; i < 20; i++) {
    await ask();
  }
  expect(await connections()).toEqual(before);
  await expectLeft(sentinel, ask);
  expect(lines.filter((line) => !line.startsWith('log '))).toEqual([]);
});

it('a Sentinel that is away is nothing to write of, and is listened to again', async () => {
  const written = vi.spyOn(console, 'error').mockReturnValue();
  onTestFinished(() => written.mockRestore());
  const [first, second] = await Promise.all([startSentinel(), startSentinel()]);
  const { ask, lines } = await openBy([first, second]);
  await first.stop();
  await expectLeft(second, ask);
  await first.start();
  await waitFor(() => first.listeners > 0);
  await second.stop();
  await expectLeft(first, ask);
  expect(written).not.toHaveBeenCalled();
  expect(lines.filter((line) => !line.startsWith('log '))).toEqual([]);
});

it('a closed instance listens no more', async () => {
  const sentinel = await startSentinel();
  const { client, close } = openReqRep({
    connection: { sentinels: [{ host: '127.0.0.1', port: sentinel.port }], name: 'main' },
  });
  client.emit(randomQueue(), 1).subscribe();
  await waitFor(() => sentinel.listeners > 0);
  await close();
  await waitFor(() => sentinel.listeners === 0);
});
