import { Injectable, NotFoundException } from '@nestjs/common';
import { EMPTY, from, lastValueFrom, of } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import {
  InvalidOptionError,
  JobContext,
  NoWorkersError,
  OnJob,
  RemoteError,
  RequestClient,
  RequestTimeoutError,
} from '../../lib/index.js';
import { startApp, type TestApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();
const queue = randomQueue();
const outer = randomQueue();
const silent = randomQueue();

describe('request', () => {
  let cancelled = 0;
  const seen: Readonly<Record<string, string>>[] = [];

  @Injectable()
  class Worker {
    constructor(private readonly client: RequestClient) {}

    @OnJob(queue)
    answer(data: string, job: JobContext): unknown {
      switch (data) {
        case 'headers':
          seen.push(job.headers);
          return job.timeLeft();
        case 'not found':
          throw new NotFoundException('nothing there');
        case 'failure':
          throw new RangeError('out of range');
        case 'values':
          return of(1, 2, 3);
        case 'no values':
          return EMPTY;
        case 'nothing':
          return undefined;
        default:
          return data;
      }
    }

    @OnJob(silent)
    wait(_data: unknown, job: JobContext): Promise<void> {
      return new Promise((resolve) =>
        job.signal.addEventListener('abort', () => {
          cancelled++;
          resolve();
        }),
      );
    }

    @OnJob(outer)
    ask(data: { inherit: boolean }): Promise<unknown> {
      return this.client.request(queue, 'headers', data);
    }
  }

  let app: TestApp;
  const start = async (): Promise<TestApp> =>
    (app = await startApp({ connection: server.url }, [Worker]));

  it('gives the reply, and is on its way before anybody waits', async () => {
    const { client } = await start();
    const reply = client.request<string>(queue, 'text');
    expect(client.pending).toBe(1);
    expect(await reply).toBe('text');
    expect(await client.request(queue, 'nothing')).toBeUndefined();
    expect(client.pending).toBe(0);
  });

  it('gives the last value of a stream, and undefined of one without any', async () => {
    const { client } = await start();
    expect(await client.request(queue, 'values')).toBe(3);
    expect(await client.request(queue, 'no values')).toBeUndefined();
  });

  it('rejects with the errors of send, whose stack names the line that awaits', async () => {
    const { client } = await start();
    async function theCaller(data: unknown, options = {}, to = queue): Promise<unknown> {
      return await client.request(to, data, options);
    }
    const cases: [unknown, object, string, Function][] = [
      ['failure', {}, queue, RemoteError],
      ['not found', {}, queue, NotFoundException],
      ['text', { timeout: 20 }, silent, RequestTimeoutError],
      ['text', { requireWorker: true }, 'nobody serves it', NoWorkersError],
      ['text', { timeout: -1 }, queue, InvalidOptionError],
    ];
    for (const [data, options, to, kind] of cases) {
      const error = await failureOf(from(theCaller(data, options, to)));
      expect(error).toBeInstanceOf(kind);
      const lines = String((error as Error).stack).split('\n');
      const named = lines.filter((line) => line.includes('theCaller'));
      expect(named, String((error as Error).stack)).toHaveLength(1);
      expect(named[0]).toContain('request.test.ts');
    }
  });

  it('ends with the reason of its signal, lets go of the signal, and cancels the job', async () => {
    const { client } = await start();
    const controller = new AbortController();
    const { signal } = controller;
    const remove = vi.spyOn(signal, 'removeEventListener');
    expect(await client.request(queue, 'text', { signal })).toBe('text');
    expect(remove).toHaveBeenCalledTimes(1);

    const pushed = vi.fn();
    const reply = failureOf(from(client.request(silent, 1, { signal, onPushed: pushed })));
    await waitFor(() => app.app.get(RequestClient).pending === 1 && pushed.mock.calls.length > 0);
    const before = cancelled;
    const reason = new Error('enough');
    const { stack } = reason;
    controller.abort(reason);
    expect(await reply).toBe(reason);
    expect(reason.stack).toBe(stack);
    expect(remove).toHaveBeenCalledTimes(2);
    await waitFor(() => cancelled > before);
    expect(await failureOf(from(client.request(queue, 'text', { signal })))).toBe(reason);
  });

  it('inherits in a handler what send inherits', async () => {
    const { client } = await start();
    const options = { timeout: 5_000, headers: { traceparent: 'one' } };
    const left = await client.request<number>(outer, { inherit: true }, options);
    expect(left).toBeLessThanOrEqual(5_000);
    expect(seen.at(-1)).toEqual({ traceparent: 'one' });
    const own = await client.request<number>(outer, { inherit: false }, options);
    expect(own).toBeGreaterThan(5_000);
    expect(seen.at(-1)).toEqual({});
  });

  it('is an Observable nowhere, and send is a promise nowhere', async () => {
    const { client } = await start();
    const cold = client.send(queue, 'text');
    expect('then' in cold).toBe(false);
    expect(await cold).toBe(cold);
    expect(client.pending).toBe(0);
    expect(await lastValueFrom(cold)).toBe('text');
  });
});
