import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { OnJob, RequestTimeoutError, type JobContext } from '../../lib/index.js';
import { completeJob, encodeJob } from '../../lib/protocol/wire/job-element.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

it('ends a request that nobody answers at its time, and says what it knows of the queue', async () => {
  const queue = randomQueue();
  const { client } = await startApp({ connection: server.url });
  const start = performance.now();
  const error = await failureOf(client.send(queue, 1, { timeout: 200 }));
  const waited = performance.now() - start;
  expect(error).toBeInstanceOf(RequestTimeoutError);
  expect(error).toMatchObject({
    code: 'REQUEST_TIMEOUT',
    queue,
    timeout: 200,
    workers: 0,
    queueLength: 1,
  });
  expect(waited).toBeGreaterThan(195);
  expect(waited).toBeLessThan(5_000);
  expect(client.pending).toBe(0);
});

it('does not run the job of a request that has timed out', async () => {
  const queue = randomQueue();
  const ran: unknown[] = [];
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(data: unknown) {
      ran.push(data);
    }
  }
  const { client } = await startApp({ connection: server.url });
  // One of a client that is gone: what a client has itself given up it prunes soon.
  const expired = completeJob(encodeJob('job-1', '"expired"', { replyTo: 'client-1' }), 1, 2);
  await server.look.rpush(`${queue}requests`, expired);
  const alive = firstValueFrom(client.send(queue, 'alive'));
  await waitFor(async () => (await server.look.llen(`${queue}requests`)) === 2);
  await startApp({ connection: server.url }, [Worker]);
  await alive;
  expect(ran).toEqual(['alive']);
  expect(await server.look.keys(`${queue}active:*`)).toEqual([]);
});

it('counts the workers that are alive but too slow', async () => {
  const queue = randomQueue();
  let finish: () => void = () => undefined;
  @Injectable()
  class Worker {
    @OnJob(queue, { concurrency: 1 })
    run() {
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    }
  }
  const { client } = await startApp({ connection: server.url }, [Worker]);
  const first = firstValueFrom(client.send(queue));
  const error = await failureOf(client.send(queue, 2, { timeout: 200 }));
  expect(error).toMatchObject({ workers: 1, queueLength: 1 });
  finish();
  await first;
});

it('waits for ever with a timeout of 0', async () => {
  const queue = randomQueue();
  const { client } = await startApp({ connection: server.url, timeout: 50 });
  client.send(queue, 1, { timeout: 0 }).subscribe({ error: () => undefined });
  await waitFor(async () => (await server.look.llen(`${queue}requests`)) === 1);
  await failureOf(client.send(queue, 2, { timeout: 150 }));
  expect(client.pending).toBe(1);
  const [element = ''] = await server.look.lrange(`${queue}requests`, 0, 0);
  expect(JSON.parse(element)[2]).not.toHaveProperty('d');
});

it('uses the timeout of the module unless the call has one', async () => {
  const { client } = await startApp({ connection: server.url, timeout: 60 });
  expect(await failureOf(client.send(randomQueue()))).toMatchObject({ timeout: 60 });
});

it('a reply that nobody waits for any more is dropped and counted', async () => {
  const queue = randomQueue();
  const { client } = await startApp({ connection: server.url });
  client.send(queue, 1).subscribe({ error: () => undefined });
  await waitFor(async () => (await server.look.llen(`${queue}requests`)) === 1);
  const [job = ''] = await server.look.lrange(`${queue}requests`, 0, 0);
  const [, , { c: replyTo }] = JSON.parse(job) as [string, unknown, { c: string }];
  await server.look.rpush(`replies:${replyTo}`, '["of another time","r",1]');
  await waitFor(() => client.droppedReplies === 1);
});

it('gives the reply list a life that ends after its last deadline', async () => {
  const queue = randomQueue();
  const { client, app } = await startApp({ connection: server.url });
  client.send(queue, 1, { timeout: 5_000 }).subscribe({ error: () => undefined });
  await waitFor(async () => (await server.look.llen(`${queue}requests`)) === 1);
  // The caller is gone before the worker comes.
  await app.close();
  @Injectable()
  class Worker {
    @OnJob(queue)
    run() {
      return 'late';
    }
  }
  await startApp({ connection: server.url }, [Worker]);
  await waitFor(async () => (await server.look.keys('replies:*')).length === 1);
  const [list = ''] = await server.look.keys('replies:*');
  const life = await server.look.pttl(list);
  expect(life).toBeGreaterThan(50_000);
  expect(life).toBeLessThan(66_000);
});

it('a handler that ends with its deadline has not failed', async () => {
  const queue = randomQueue();
  let ended = 0;
  @Injectable()
  class Worker {
    @OnJob(queue)
    async run(_data: unknown, job: JobContext) {
      try {
        await delay(60_000, undefined, { signal: job.signal });
      } finally {
        ended++;
      }
    }
  }
  const { client, log } = await startApp({ connection: server.url }, [Worker]);
  await failureOf(client.send(queue, null, { timeout: 100 }));
  await waitFor(() => ended === 1);
  await waitFor(async () => (await server.look.keys(`${queue}active:*`)).length === 0);
  expect(log.text).not.toContain('failed on job');
});
