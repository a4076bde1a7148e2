import { Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { firstValueFrom } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { OnJob, type JobContext, type OnJobOptions } from '../../lib/index.js';
import { Proxy } from '../chaos/proxy.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';
import { countDead } from '../support/dead-letters.js';

const first = useRedis();
const second = useRedis();

/** Client and worker behind an address that leads to one server, and then to another. */
async function start(options: OnJobOptions = {}) {
  const proxy = await Proxy.before(first.port);
  onTestFinished(() => proxy.close());
  const queue = randomQueue();
  const runs: { readonly data: unknown; readonly attempt: number }[] = [];
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  async function* values() {
    yield 1;
    yield 2;
    await opened;
  }
  @Injectable()
  class Worker {
    @OnJob(queue, options)
    async run(data: unknown, job: JobContext) {
      runs.push({ data, attempt: job.attempt });
      if (data === 'streams') {
        return values();
      }
      if (data === 'waits') {
        await opened;
      }
      return `${String(data)}: ${runs.length}`;
    }
  }
  const { client, log } = await startApp({ connection: proxy.url }, [Worker]);
  const replace = (): void => {
    proxy.port = second.port;
    proxy.cut(() => true);
  };
  return { queue, client, log, runs, open, replace };
}

const slotsOf = (redis: Redis, queue: string): Promise<string[]> => redis.keys(`${queue}active:*`);
const isBack = async (queue: string): Promise<boolean> =>
  (await second.look.zcard(`${queue}workers`)) === 1;

it('the reply of a job that the new server has lost reaches its caller', async () => {
  const { queue, client, log, runs, open, replace } = await start();
  const replies = Array.from({ length: 3 }, () => firstValueFrom(client.send(queue, 'waits')));
  await waitFor(() => runs.length === 3);
  replace();
  await waitFor(() => isBack(queue));
  open();
  expect(await Promise.all(replies)).toEqual(replies.map(() => 'waits: 3'));
  expect(log.lines.filter((line) => line.includes('does not hold 3 running jobs'))).toHaveLength(1);
  expect(await firstValueFrom(client.send(queue, 'next'))).toBe('next: 4');
});

it('a job that is in the queue again on the new server runs once more, and its caller gets one reply', async () => {
  const { queue, client, runs, open, replace } = await start();
  let ends = 0;
  const reply = firstValueFrom(client.send(queue, 'waits')).finally(() => ends++);
  await waitFor(() => runs.length === 1);
  const [slot = ''] = await slotsOf(first.look, queue);
  const [job = ''] = await first.look.lrange(slot, 0, -1);
  await second.look.rpush(`${queue}requests`, job);
  replace();
  await waitFor(() => runs.length === 2);
  open();
  expect(await reply).toBe('waits: 2');
  await waitFor(() => client.droppedReplies === 1);
  expect(ends).toBe(1);
  await waitFor(async () => (await slotsOf(second.look, queue)).length === 0);
});

it.each([
  ['starts once more', {}, [1, 2]],
  ['does not start where it may start once only', { maxDeliveries: 1 }, [1]],
])('a settled job that is in its slot again on the new server %s', async (_, options, attempts) => {
  const { queue, client, runs, open, replace } = await start(options);
  const answered = firstValueFrom(client.send(queue, 'waits'));
  await waitFor(() => runs.length === 1);
  const [slot = ''] = await slotsOf(first.look, queue);
  const jobs = await first.look.lrange(slot, 0, -1);
  open();
  await answered;
  // Once this is answered, the worker has heard that the job before has left its slot.
  await firstValueFrom(client.send(queue, 'between'));
  await second.look.rpush(slot, ...jobs);
  replace();
  await waitFor(() => isBack(queue));
  expect(await firstValueFrom(client.send(queue, 'next'))).toContain('next');
  await waitFor(async () => (await slotsOf(second.look, queue)).length === 0);
  const again = runs.filter(({ data }) => data === 'waits');
  expect(again.map(({ attempt }) => attempt)).toEqual(attempts);
  expect(await countDead(second.look, queue)).toBe(2 - attempts.length);
});

it('the job of a caller that has timed out is settled without a reply', async () => {
  const { queue, client, log, runs, open, replace } = await start();
  const late = failureOf(client.send(queue, 'waits', { timeout: 1_000 }));
  await waitFor(() => runs.length === 1);
  replace();
  await late;
  open();
  expect(await firstValueFrom(client.send(queue, 'next', { timeout: 5_000 }))).toBe('next: 2');
  expect(log.text).not.toContain('pushed all the same');
});

it('a stream whose values have all arrived completes', async () => {
  const { queue, client, open, replace } = await start();
  const values: unknown[] = [];
  const completed = new Promise<void>((complete, error) => {
    client
      .send(queue, 'streams')
      .subscribe({ next: (value) => values.push(value), error, complete });
  });
  await waitFor(() => values.length === 2);
  replace();
  await waitFor(() => isBack(queue));
  open();
  await completed;
  expect(values).toEqual([1, 2]);
});
