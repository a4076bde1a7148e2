import { Injectable } from '@nestjs/common';
import { beforeEach, expect, it } from 'vitest';
import { OnJob, ReplyWorkers, type JobContext } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

let queue: string;
/** The jobs that were begun, in order, with those that ran meanwhile. */
let begun: string[];
/** How to end those that run. */
let open: Map<string, () => void>;

beforeEach(() => {
  queue = randomQueue();
  begun = [];
  open = new Map();
});

async function startWorker(concurrency = 4): Promise<ReplyWorkers> {
  @Injectable()
  class Worker {
    @OnJob(queue, { concurrency })
    async run(data: string, _job: JobContext) {
      begun.push([data, ...open.keys()].join(' beside '));
      await new Promise<void>((resolve) => {
        open.set(data, resolve);
        if (data.startsWith('quick')) {
          setTimeout(resolve, 1);
        }
      });
      open.delete(data);
    }
  }
  const { app } = await startApp({ connection: server.url }, [Worker]);
  return app.get(ReplyWorkers);
}

/** @param deliveries - how often it was delivered before. */
const job = (data: string, deliveries = 0): string =>
  ' '.repeat(deliveries) + JSON.stringify([data, data, {}]);

const push = (...jobs: readonly string[]): Promise<number> =>
  server.look.rpush(`${queue}requests`, ...jobs);

/** What waits in the queue, in its order. */
async function waitingJobs(): Promise<unknown[]> {
  const jobs = await server.look.lrange(`${queue}requests`, 0, -1);
  return jobs.map((each) => JSON.parse(each)[0]);
}

const areAllReleased = async (): Promise<boolean> =>
  (await server.look.keys(`${queue}active:*`)).length === 0;

const end = (data: string): void => open.get(data)?.();

it('a job that was delivered before runs alone, and the jobs behind it keep their order', async () => {
  await push(job('first'), job('suspect', 1), job('quick-1'), job('quick-2'));
  await startWorker();
  await waitFor(() => begun.length === 1);
  // It is held until it is alone, and what came with it is for others.
  await waitFor(async () => (await waitingJobs()).length === 2);
  expect(await waitingJobs()).toEqual(['quick-1', 'quick-2']);
  end('first');
  await waitFor(() => begun.length === 2);
  expect(await waitingJobs()).toEqual(['quick-1', 'quick-2']);
  end('suspect');
  await waitFor(() => begun.length === 4);
  expect(begun.map((each) => each.split(' ')[0])).toEqual([
    'first',
    'suspect',
    'quick-1',
    'quick-2',
  ]);
  await waitFor(areAllReleased);
});

it('jobs that were delivered before run one by one, without a pause', async () => {
  const names = Array.from({ length: 50 }, (_, index) => `quick-${index}`);
  await push(...names.map((name, index) => job(name, index % 3 === 0 ? 0 : 1)));
  const started = performance.now();
  await startWorker(16);
  await waitFor(() => begun.length === names.length);
  expect(begun).toEqual(names);
  expect(performance.now() - started).toBeLessThan(3_000);
  await waitFor(areAllReleased);
});

it('other jobs start next to a suspect that has run alone for a second', async () => {
  await push(job('slow', 1), job('slower', 1), job('fresh'));
  await startWorker();
  await waitFor(() => begun.length === 1);
  const started = performance.now();
  await waitFor(() => begun.length === 3);
  expect(performance.now() - started).toBeGreaterThan(1_900);
  expect(begun).toEqual(['slow', 'slower beside slow', 'fresh beside slow beside slower']);
  ['slow', 'slower', 'fresh'].forEach(end);
  await waitFor(areAllReleased);
});

it('no job starts next to a job that is delivered for the last time', async () => {
  await push(job('slow', 1), job('last', 2), job('fresh'));
  await startWorker();
  await waitFor(() => begun.length === 1);
  // After its second alone the next is taken, but is not begun.
  await waitFor(async () => (await waitingJobs()).length === 1);
  expect(begun).toEqual(['slow']);
  end('slow');
  await waitFor(() => begun.length === 2);
  const started = performance.now();
  await waitFor(() => performance.now() - started > 1_300);
  expect(begun).toEqual(['slow', 'last']);
  expect(await waitingJobs()).toEqual(['fresh']);
  end('last');
  await waitFor(() => begun.length === 3);
  end('fresh');
  await waitFor(areAllReleased);
});

it('a suspect that waits to be alone is given back in order when the queue is paused', async () => {
  await push(job('first'), job('suspect', 1), job('quick'));
  const workers = await startWorker();
  await waitFor(async () => (await waitingJobs()).length === 1);
  await workers.pause(queue);
  expect(await waitingJobs()).toEqual(['suspect', 'quick']);
  const [suspect = ''] = await server.look.lrange(`${queue}requests`, 0, 0);
  expect(suspect).toBe(job('suspect', 1));
  workers.resume(queue);
  end('first');
  await waitFor(() => begun.length === 2);
  end('suspect');
  await waitFor(() => begun.length === 3);
  expect(begun).toEqual(['first', 'suspect', 'quick']);
});

it('jobs that arrive while a suspect waits to be alone are given back to the queue', async () => {
  await startWorker();
  await push(job('first'));
  await waitFor(() => begun.length === 1);
  // The worker waits for another one, which comes while it waits to be alone with this one.
  await push(job('suspect', 1), job('quick-1'), job('quick-2'));
  await waitFor(async () => (await waitingJobs()).length === 2);
  await push(job('quick-3'));
  end('first');
  await waitFor(() => begun.length === 2);
  expect(await server.look.keys(`${queue}active:*`)).toHaveLength(1);
  expect(await waitingJobs()).toEqual(['quick-1', 'quick-2', 'quick-3']);
  end('suspect');
  await waitFor(() => begun.length === 5);
  expect(begun.slice(0, 3)).toEqual(['first', 'suspect', 'quick-1']);
});

it('two workers share jobs that were delivered before, and neither takes jobs of the other', async () => {
  const names = ['a', 'b', 'c', 'd'];
  await push(...names.map((name) => job(name, 1)));
  await Promise.all([startWorker(), startWorker()]);
  await waitFor(() => open.size === 2);
  expect(await waitingJobs()).toHaveLength(2);
  for (const name of names) {
    await waitFor(() => open.has(name));
    end(name);
  }
  await waitFor(areAllReleased);
  expect(begun).toHaveLength(4);
});
