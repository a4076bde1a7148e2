import { once } from 'node:events';
import { Injectable } from '@nestjs/common';
import { firstValueFrom, NEVER, startWith } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { OnJob, ReplyWorkers, type JobContext } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { startUnderTest } from '../support/app-under-test.js';
import { failureOf } from '../support/failure-of.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

const HOUR_MS = 3_600_000;

@Injectable()
class Worker {
  readonly aborted: unknown[] = [];
  running = 0;

  @OnJob('echo')
  echo(data: unknown): unknown {
    return data;
  }

  @OnJob('after')
  after(ms: number): Promise<string> {
    return new Promise((resolve) => setTimeout(() => resolve(`after ${ms} ms`), ms));
  }

  @OnJob('silent')
  silent() {
    return NEVER.pipe(startWith('one value'));
  }

  @OnJob('endless')
  endless(_data: unknown, job: JobContext): Promise<void> {
    return this.hang(job);
  }

  @OnJob('limited', { timeout: HOUR_MS })
  limited(_data: unknown, job: JobContext): Promise<void> {
    return this.hang(job);
  }

  private async hang(job: JobContext): Promise<void> {
    this.running++;
    await once(job.signal, 'abort');
    this.aborted.push(job.signal.reason);
  }
}

/** Fakes the timers and the clock of the application from now on. */
function fakeTimers(): void {
  onTestFinished(() => {
    vi.useRealTimers();
  });
  vi.useFakeTimers();
}

/** Lets time pass step by step, so that everything due in between happens. */
async function seconds(count: number): Promise<void> {
  for (let second = 0; second < count; second++) {
    await vi.advanceTimersByTimeAsync(1_000);
  }
}

async function start() {
  const started = await startUnderTest([Worker], { timeout: 0, shutdownTimeout: HOUR_MS });
  fakeTimers();
  return { ...started, worker: started.app.get(Worker) };
}

describe('while no time passes', () => {
  it('requests are answered, values stream, jobs are cancelled, and all is closed', async () => {
    const { app, client, queues, worker } = await start();
    expect(await firstValueFrom(client.send('echo', 1))).toBe(1);
    expect(await firstValueFrom(client.send('silent'))).toBe('one value');
    const endless = client.send('endless').subscribe();
    await waitFor(() => worker.running === 1);
    endless.unsubscribe();
    await waitFor(() => worker.aborted.length === 1);
    client.emit('echo', 2);
    await queues.settled();
    await app.close();
  });

  it('an application starts, and a lost connection is reconnected', async () => {
    fakeTimers();
    const { client, queues } = await startUnderTest([Worker], { failFast: true });
    expect(await firstValueFrom(client.send('echo', 1))).toBe(1);
    queues.disconnect();
    const answer = firstValueFrom(client.send('echo', 2));
    queues.reconnect();
    expect(await answer).toBe(2);
    queues.loseAnswer('reply');
    expect(await firstValueFrom(client.send('echo', 3))).toBe(3);
  });
});

describe('time passes for', () => {
  it('the timers of a handler', async () => {
    const { client, queues } = await start();
    const answer = firstValueFrom(client.send('after', HOUR_MS));
    await queues.running('after');
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(await answer).toBe(`after ${HOUR_MS} ms`);
  });

  it('the timeout of a request, and the deadline of its job with it', async () => {
    const { client, queues, worker } = await start();
    const failure = failureOf(client.send('endless', null, { timeout: HOUR_MS }));
    await waitFor(() => worker.running === 1);
    await vi.advanceTimersByTimeAsync(HOUR_MS - 1);
    expect([client.pending, worker.aborted]).toEqual([1, []]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await failure).toMatchObject({ code: 'REQUEST_TIMEOUT', workers: 1 });
    expect(worker.aborted).toMatchObject([{ name: 'TimeoutError' }]);
    await queues.settled();
    expect(queues.jobs('endless')).toMatchObject([{ end: 'expired' }]);
  });

  it('the timeout of the module, which is one timer for many requests', async () => {
    const { client } = await startUnderTest([Worker], { timeout: HOUR_MS });
    fakeTimers();
    const failures = [1, 2].map((data) => failureOf(client.send('nobody', data)));
    await waitFor(() => client.pending === 2);
    await vi.advanceTimersByTimeAsync(HOUR_MS + 1_000);
    expect(await Promise.all(failures)).toMatchObject([{ workers: 0 }, { workers: 0 }]);
  });

  it('the timeout of a handler', async () => {
    const { client, worker } = await start();
    const failure = failureOf(client.send('limited'));
    await waitFor(() => worker.running === 1);
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(await failure).toMatchObject({ remote: { code: 'JOB_TIMEOUT' } });
  });

  it('the idle timeout of a stream', async () => {
    const { client, queues } = await start();
    const values: unknown[] = [];
    const failure = new Promise((resolve) => {
      client
        .send('silent', null, { idleTimeout: HOUR_MS })
        .subscribe({ next: (value) => values.push(value), error: resolve });
    });
    await waitFor(() => values.length === 1);
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(await failure).toMatchObject({ code: 'REQUEST_TIMEOUT' });
    await queues.settled();
    expect(queues.jobs('silent')).toMatchObject([{ end: 'cancelled', values: ['one value'] }]);
  });

  it('an emit that is not pushed, and the retry of a refused push', async () => {
    const { client, queues } = await start();
    const allow = queues.refuse('push', 'OOM command not allowed');
    const late = failureOf(client.emit('echo', 1, { timeout: HOUR_MS }));
    const answer = firstValueFrom(client.send('echo', 2));
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(await late).toMatchObject({ code: 'REQUEST_TIMEOUT' });
    allow();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await answer).toBe(2);
  });

  it('delayed operations', async () => {
    const { client, queues } = await start();
    queues.delay(HOUR_MS);
    const pushed = firstValueFrom(client.emit('nobody'));
    await vi.advanceTimersByTimeAsync(HOUR_MS - 1);
    expect(queues.jobs('nobody')).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    await pushed;
    expect(queues.jobs('nobody')).toHaveLength(1);
    queues.delay(0);
    await vi.advanceTimersByTimeAsync(HOUR_MS);
  });

  it('a shutdown, which gives jobs back to their queue', async () => {
    const { app, client, queues, worker } = await start();
    client.emit('endless');
    await waitFor(() => worker.running === 1);
    let isStopped = false;
    const stopped = app
      .get(ReplyWorkers)
      .stop()
      .then(() => (isStopped = true));
    await vi.advanceTimersByTimeAsync(HOUR_MS - 1);
    expect([isStopped, worker.aborted]).toEqual([false, []]);
    await vi.advanceTimersByTimeAsync(1);
    await stopped;
    expect(worker.aborted).toHaveLength(1);
    expect(queues.jobs('endless')).toMatchObject([{ state: 'waiting', deliveries: 1 }]);
  });

  it('expired jobs of a queue without workers, which are removed', async () => {
    const { client, queues } = await start();
    const failure = failureOf(client.send('nobody', null, { timeout: 1_000 }));
    await seconds(60);
    await failure;
    await waitFor(() => queues.jobs('nobody')[0]?.state === 'ended');
  });
});

describe('time passes for workers', () => {
  const options = { connection: server.url, lease: 3_000, stallLimit: 60_000 };

  @Injectable()
  class Other {
    @OnJob('other')
    run(): void {}
  }

  /** Adds a worker to a shared server that had a job when it stopped renewing its lease. */
  async function startBesideLapsed({ isConnected }: { isConnected: boolean }) {
    await startApp(options, [Worker]);
    await startApp(options, [Other]);
    const [other = ''] = await server.look.zrange('otherworkers', 0, '-1');
    const { server: runId = '', connections = '' } = await server.look.hgetall(
      `otherworker:${other}`,
    );
    fakeTimers();
    const fields = { slots: 4, server: runId, connections: isConnected ? connections : '99@gone' };
    for (const [name, value] of Object.entries(fields)) {
      await server.look.hset('echoworker:lapsed', name, value);
    }
    await server.look.rpush('echoactive:lapsed:0', '["job",1]');
    await server.look.zadd('echoworkers', Date.now() - 1, 'lapsed');
    return async (): Promise<boolean> => (await server.look.exists('echoactive:lapsed:0')) === 0;
  }

  it('that renew their leases', async () => {
    await startApp(options, [Worker]);
    const [id = ''] = await server.look.zrange('echoworkers', 0, '-1');
    fakeTimers();
    const expiry = async () => Number(await server.look.zscore('echoworkers', id));
    const before = await expiry();
    await seconds(60);
    await waitFor(async () => (await expiry()) >= before + 59_000);
  });

  it('that recover the jobs of a lost worker', async () => {
    const isTakenOver = await startBesideLapsed({ isConnected: false });
    expect(await isTakenOver()).toBe(false);
    await seconds(10);
    await waitFor(isTakenOver);
  });

  it('that recover the jobs of a worker that hangs for longer than `stallLimit`', async () => {
    const isTakenOver = await startBesideLapsed({ isConnected: true });
    await seconds(50);
    expect(await isTakenOver()).toBe(false);
    await seconds(20);
    await waitFor(isTakenOver);
  });
});
