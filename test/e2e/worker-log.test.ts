import { Injectable } from '@nestjs/common';
import { forkJoin, lastValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { OnJob } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { itOnRedis, useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';
import { countDead } from '../support/dead-letters.js';

const server = useServer();

describe('a flood', () => {
  it('of unreadable jobs is logged in one line for each queue, without control characters', async () => {
    const [queue, other] = [randomQueue(), randomQueue()];
    const unreadable = Array.from({ length: 2_000 }, (_, index) => `\u001B[31m no JSON ${index}\n`);
    await server.look.rpush(`${queue}requests`, ...unreadable);
    await server.look.rpush(`${other}requests`, ...unreadable);
    @Injectable()
    class Worker {
      @OnJob(queue)
      @OnJob(other)
      run() {}
    }
    const { log } = await startApp({ connection: server.url }, [Worker]);
    await waitFor(async () => (await countDead(server.look, queue)) === unreadable.length);
    await waitFor(async () => (await countDead(server.look, other)) === unreadable.length);
    const lines = log.lines.filter((line) => line.includes('Cannot read'));
    expect(lines).toHaveLength(2);
    expect(lines.join('')).not.toMatch(/\p{Cc}/u);
  });

  it('of one error is logged in one line, and every other error has a line of its own', async () => {
    const queue = randomQueue();
    @Injectable()
    class Worker {
      @OnJob(queue)
      run(message: string) {
        throw new Error(message);
      }
    }
    const { client, log } = await startApp({ connection: server.url }, [Worker]);
    const jobs = Array.from({ length: 1_000 }, () => client.emit(queue, 'always the same'));
    await lastValueFrom(forkJoin(jobs));
    expect(await failureOf(client.send(queue, 'another'))).toMatchObject({ message: 'another' });
    await waitFor(async () => (await server.look.keys(`${queue}active:*`)).length === 0);
    const failures = log.lines.filter((line) => line.includes('Worker#run failed on job'));
    expect(failures).toHaveLength(2);
    expect(failures[0]).toContain('Error: always the same');
    expect(failures[1]).toContain('Error: another');
  });

  itOnRedis(
    'of replies to keys that are not lists is logged in one line for each queue',
    async () => {
      const queue = randomQueue();
      @Injectable()
      class Worker {
        @OnJob(queue)
        run() {}
      }
      const write = server.redis.look.pipeline();
      for (let job = 0; job < 200; job++) {
        write.set(`replies:${queue}${job}`, 'no list');
        // Some of them are run, and the others have lost too many workers.
        const spaces = ' '.repeat(job % 2 === 0 ? 0 : 9);
        write.rpush(`${queue}requests`, `${spaces}["job-${job}",1,{"c":"${queue}${job}"}]`);
      }
      await write.exec();
      const { log } = await startApp({ connection: server.url }, [Worker]);
      await waitFor(async () => (await countDead(server.look, queue)) === 100);
      await waitFor(async () => (await server.look.keys(`${queue}active:*`)).length === 0);
      expect(log.lines.filter((line) => line.includes('discarding the reply'))).toHaveLength(1);
    },
  );

  itOnRedis('of lost workers is logged in one line for each queue', async () => {
    const queue = randomQueue();
    @Injectable()
    class Worker {
      @OnJob(queue)
      run() {}
    }
    const write = server.redis.look.pipeline();
    for (let worker = 0; worker < 100; worker++) {
      write.zadd(`${queue}workers`, 1, `w${worker}`);
      write.hset(`${queue}worker:w${worker}`, 'slots', 1);
      write.rpush(`${queue}active:w${worker}:0`, `["job-${worker}",1]`);
    }
    await write.exec();
    const options = { connection: server.url, lease: 100, stallLimit: 100 };
    const { log } = await startApp(options, [Worker]);
    await waitFor(async () => (await server.look.keys(`${queue}active:w*`)).length === 0);
    expect(log.lines.filter((line) => line.includes('is lost: '))).toHaveLength(1);
  });

  it('of ids and errors of 2 MB is logged in short lines', async () => {
    const queue = randomQueue();
    const id = 'i'.repeat(2_000_000);
    @Injectable()
    class Worker {
      @OnJob(queue)
      run() {
        throw new Error('m'.repeat(2_000_000));
      }
    }
    const { log } = await startApp({ connection: server.url }, [Worker]);
    await server.look.rpush(`${queue}requests`, JSON.stringify([id, 1]));
    await waitFor(() => log.text.includes('failed on job'));
    expect(log.text).toMatch(/failed on job i{100}\.\.\. of queue/);
    expect(Math.max(...log.lines.map(({ length }) => length))).toBeLessThan(10_000);
  });
});

it('a warning names handlers that never return and use up their concurrency', async () => {
  const queue = randomQueue();
  @Injectable()
  class Worker {
    @OnJob(queue, { concurrency: 4, timeout: 100 })
    hang(): Promise<never> {
      return new Promise(() => undefined);
    }
  }
  const { client, log } = await startApp({ connection: server.url, shutdownTimeout: 0 }, [Worker]);
  const failures = Array.from({ length: 4 }, () => failureOf(client.send(queue)));
  expect(await Promise.all(failures)).toMatchObject(
    failures.map(() => ({ remote: { code: 'JOB_TIMEOUT' } })),
  );
  await waitFor(() => log.text.includes('warn'));
  expect(log.text).toContain(`Worker#hang still runs 4 jobs of queue "${queue}" (concurrency 4)`);
  expect(log.text).toContain('`job.signal`');
});
