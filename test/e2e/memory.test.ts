import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { firstValueFrom, interval, lastValueFrom, map, take, toArray, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  OnJob,
  QueueFullError,
  ReplyWorkers,
  RequestTimeoutError,
  type JobContext,
} from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { waitFor } from '../support/wait-for.js';

@Injectable()
class Worker {
  readonly aborted: unknown[] = [];
  running = 0;

  @OnJob('double', { concurrency: 4 })
  double(data: number): number {
    return 2 * data;
  }

  @OnJob('fail')
  fail(): never {
    throw new TypeError('not today');
  }

  @OnJob('count')
  count(limit: number): Observable<number> {
    return interval(1).pipe(
      take(limit),
      map((index) => index + 1),
    );
  }

  @OnJob('endless', { concurrency: 2 })
  async endless(_data: unknown, job: JobContext): Promise<void> {
    this.running++;
    await new Promise<void>((resolve) => {
      job.signal.addEventListener('abort', () => resolve());
    });
    this.aborted.push(job.signal.reason);
    this.running--;
  }
}

const MEMORY = { connection: 'memory://' };

describe('without a Redis', () => {
  it('requests are answered, many at a time', async () => {
    const { client } = await startApp(MEMORY, [Worker]);
    const numbers = Array.from({ length: 500 }, (_, index) => index);
    const answers = await Promise.all(
      numbers.map((number) => firstValueFrom(client.send('double', number))),
    );
    expect(answers).toEqual(numbers.map((number) => 2 * number));
    expect(client.pending).toBe(0);
  });

  it('long jobs and replies are answered', async () => {
    const { client } = await startApp(MEMORY, [EchoWorker]);
    const long = { text: 'naïve ☃ '.repeat(50_000) };
    expect(await firstValueFrom(client.send('echo', long))).toEqual(long);
    const many = await Promise.all([1, 2, 3].map(() => firstValueFrom(client.send('echo', long))));
    expect(many).toEqual([long, long, long]);
  });

  it('errors come back', async () => {
    const { client } = await startApp(MEMORY, [Worker]);
    const error = await failureOf(client.send('fail'));
    expect(error).toMatchObject({
      code: 'REMOTE',
      remote: { name: 'TypeError', message: 'not today' },
    });
  });

  it('streams bring each value in its order', async () => {
    const { client } = await startApp(MEMORY, [Worker]);
    const values = await lastValueFrom(client.send('count', 30).pipe(toArray()));
    expect(values).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
  });

  it('who stops waiting cancels the job, waiting or running', async () => {
    const { client, app } = await startApp(MEMORY, [Worker]);
    const worker = app.get(Worker);
    const waiting = [1, 2, 3].map(() => client.send('endless').subscribe());
    await waitFor(() => worker.running === 2);
    waiting.forEach((subscription) => subscription.unsubscribe());
    await waitFor(() => worker.running === 0 && worker.aborted.length === 2);
    expect(client.pending).toBe(0);
  });

  it('time runs out, and the job with it', async () => {
    const { client, app } = await startApp(MEMORY, [Worker]);
    const error = await failureOf(client.send('endless', null, { timeout: 100 }));
    expect(error).toBeInstanceOf(RequestTimeoutError);
    expect(error).toMatchObject({ workers: 1, queueLength: 0 });
    await waitFor(() => app.get(Worker).running === 0);
  });

  it('limits hold', async () => {
    const { client } = await startApp({ ...MEMORY, workers: false });
    const queue = randomQueue();
    expect(await failureOf(client.send(queue, 1, { requireWorker: true }))).toMatchObject({
      code: 'NO_WORKERS',
    });
    const first = client.send(queue, 1, { maxQueueLength: 1 }).subscribe();
    expect(await failureOf(client.send(queue, 1, { maxQueueLength: 1 }))).toBeInstanceOf(
      QueueFullError,
    );
    first.unsubscribe();
  });

  it('workers are paused, resumed, stopped and started again', async () => {
    const { client, app } = await startApp(MEMORY, [Worker]);
    const workers = app.get(ReplyWorkers);
    await workers.pause('double');
    const answer = firstValueFrom(client.send('double', 1));
    await delay(50);
    expect(client.pending).toBe(1);
    workers.resume('double');
    expect(await answer).toBe(2);
    await workers.stop();
    await workers.start();
    expect(await firstValueFrom(client.send('double', 2))).toBe(4);
  });

  it('a shutdown aborts what runs, and hands it back to others of the same name', async () => {
    const connection = 'memory://shutdown';
    const one = await startApp({ connection, shutdownTimeout: 50 }, [Worker]);
    const other = await startApp({ connection, workers: false });
    const request = other.client.send('endless', null, { timeout: 0 }).subscribe();
    const worker = one.app.get(Worker);
    await waitFor(() => worker.running === 1);
    await one.app.close();
    expect(worker.aborted).toHaveLength(1);
    const next = await startApp({ connection }, [Worker]);
    await waitFor(() => next.app.get(Worker).running === 1);
    request.unsubscribe();
    await waitFor(() => next.app.get(Worker).running === 0);
  });

  it('applications share what has a name, and nothing else', async () => {
    const options = { workers: false, timeout: 300 };
    const served = await startApp({ connection: 'memory://one' }, [Worker]);
    await startApp({ connection: 'memory://' }, [Worker]);
    const same = await startApp({ ...options, connection: 'memory://one' });
    const others = [
      await startApp({ ...options, connection: 'memory://two' }),
      await startApp({ ...options, connection: 'memory://' }),
    ];
    expect(await firstValueFrom(same.client.send('double', 1))).toBe(2);
    expect(await firstValueFrom(served.client.send('double', 2))).toBe(4);
    for (const { client } of others) {
      expect(await failureOf(client.send('double', 3))).toMatchObject({ workers: 0 });
    }
  });

  it('two that serve one queue share its jobs', async () => {
    const connection = 'memory://shared';
    const apps = [
      await startApp({ connection }, [Worker]),
      await startApp({ connection }, [Worker]),
    ];
    const [{ client }] = apps as [(typeof apps)[0]];
    const requests = [1, 2, 3, 4].map(() => client.send('endless').subscribe());
    await waitFor(() => apps.every(({ app }) => app.get(Worker).running === 2));
    requests.forEach((request) => request.unsubscribe());
    await waitFor(() => apps.every(({ app }) => app.get(Worker).running === 0));
  });
});

@Injectable()
class EchoWorker {
  @OnJob('echo')
  echo(data: unknown): unknown {
    return data;
  }
}
