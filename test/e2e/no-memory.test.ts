import { Injectable } from '@nestjs/common';
import { firstValueFrom, lastValueFrom, reduce } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { OnJob } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis(['--maxmemory-policy', 'noeviction']);

/** Leaves the server no memory, until the returned function is called. */
async function fill(): Promise<() => Promise<void>> {
  await redis.look.config('SET', 'maxmemory', '1');
  const end = async (): Promise<void> => {
    await redis.look.config('SET', 'maxmemory', '0');
  };
  onTestFinished(end);
  return end;
}

it.each([
  ['short', 10],
  ['long', 100_000],
])('a backlog of %s jobs is drained on a server without memory', async (_, length) => {
  const queue = randomQueue();
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const ran: string[] = [];
  @Injectable()
  class Worker {
    @OnJob(queue, { concurrency: 2 })
    async run(data: string) {
      ran.push(data.trim());
      await opened;
      return data;
    }
  }
  const { log } = await startApp({ connection: redis.url }, [Worker]);
  const { client } = await startApp({ connection: redis.url, workers: false });
  const sent = Array.from({ length: 40 }, (_item, index) => `${index}`);
  for (const data of sent) {
    await firstValueFrom(client.emit(queue, data.padEnd(length)), { defaultValue: undefined });
  }
  await waitFor(() => ran.length === 2);
  await fill();
  open();
  await waitFor(() => ran.length === sent.length, 5_000);
  expect(ran).toEqual(sent);
  await waitFor(async () => (await redis.look.keys(`${queue}active:*`)).length === 0);
  expect(log.text).not.toContain('Cannot push');
  expect(log.text).not.toContain('refuses replies');
});

it('replies of running jobs are pushed on a server without memory, and read when it has memory again', async () => {
  const queue = randomQueue();
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let runs = 0;
  @Injectable()
  class Worker {
    @OnJob(queue)
    async run(length: number) {
      runs++;
      await opened;
      return 'x'.repeat(length);
    }
  }
  await startApp({ connection: redis.url }, [Worker]);
  const { client } = await startApp({ connection: redis.url, workers: false });
  const lengths = [1, 100_000, 5];
  const replies = lengths.map((length) => firstValueFrom<string>(client.send(queue, length)));
  await waitFor(() => runs === lengths.length);
  const end = await fill();
  open();
  await waitFor(async () => (await redis.look.keys(`${queue}active:*`)).length === 0, 3_000);
  await end();
  expect((await Promise.all(replies)).map(({ length }) => length)).toEqual(lengths);
});

it('a stream from a server without memory is read with one line about the refusal', async () => {
  const queue = randomQueue();
  const count = 20_000;
  @Injectable()
  class Worker {
    @OnJob(queue)
    async *run() {
      for (let value = 0; value < count; value++) {
        yield value;
      }
    }
  }
  await startApp({ connection: redis.url }, [Worker]);
  const { client, log } = await startApp({ connection: redis.url, workers: false });
  let end: (() => Promise<void>) | undefined;
  const sum = client.send<number>(queue).pipe(
    reduce((total, value) => {
      if (value === 0) {
        void fill().then((undo) => {
          end = undo;
        });
      }
      return total + value;
    }, 0),
  );
  expect(await lastValueFrom(sum)).toBe((count * (count - 1)) / 2);
  await waitFor(() => log.text.includes('Cannot wait for replies'));
  expect(log.lines.filter((line) => line.includes('Cannot wait for replies'))).toHaveLength(1);
  expect(log.text).not.toContain('Waiting for replies in');
  await end?.();
  expect(await firstValueFrom(client.send(queue))).toBe(0);
  await waitFor(() => log.text.includes('Waiting for replies in'));
});
