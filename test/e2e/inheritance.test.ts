import { once } from 'node:events';
import { Injectable } from '@nestjs/common';
import { lastValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { OnJob, RequestClient, RequestTimeoutError, type JobContext } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

interface Told {
  readonly own: { readonly deadline?: number };
  readonly next: { readonly deadline?: number; readonly headers: Record<string, string> };
}

/** A queue whose handler, in another application, asks a second queue, that is answered here. */
async function startRelay(options: object = {}) {
  const [queue, next] = [randomQueue(), randomQueue()];
  @Injectable()
  class Relay {
    constructor(private readonly requests: RequestClient) {}

    /** Replies with what the other handler was told of itself, and with what it knew of its own job. */
    @OnJob(queue)
    async run(data: { timeout?: number }, job: JobContext) {
      const told = await lastValueFrom(this.requests.send(next, data, { timeout: data.timeout }));
      return { own: { deadline: job.deadline, left: job.timeLeft() }, next: told };
    }
  }
  await startApp({ ...options, connection: server.url }, [Relay]);
  const seen = { started: 0, aborted: 0 };
  @Injectable()
  class Last {
    @OnJob(next)
    async run(data: { wait?: boolean }, job: JobContext) {
      seen.started += 1;
      if (data.wait) {
        await once(job.signal, 'abort');
        seen.aborted += 1;
      }
      return { deadline: job.deadline, headers: job.headers };
    }
  }
  const { client } = await startApp({ connection: server.url }, [Last]);
  return { queue, next, seen, client };
}

describe('a request that a handler makes', () => {
  it('has what is left of the deadline of its job, and no more', async () => {
    const { queue, client } = await startRelay({ timeout: 60_000 });
    const { own, next } = await lastValueFrom(client.send<Told>(queue, {}, { timeout: 5_000 }));
    expect(own.deadline).toEqual(expect.any(Number));
    // Each application knows the clock of Redis to some milliseconds.
    expect(next.deadline).toBeLessThanOrEqual((own.deadline ?? 0) + 20);
    expect(next.deadline).toBeGreaterThan((own.deadline ?? 0) - 1_000);
  });

  it('may ask for less, but not for more', async () => {
    const { queue, client } = await startRelay();
    const less = await lastValueFrom(
      client.send<Told>(queue, { timeout: 1_000 }, { timeout: 20_000 }),
    );
    expect(less.next.deadline).toBeLessThan((less.own.deadline ?? 0) - 10_000);
    for (const timeout of [0, 600_000]) {
      const more = await lastValueFrom(client.send<Told>(queue, { timeout }, { timeout: 5_000 }));
      expect(more.next.deadline).toBeLessThanOrEqual((more.own.deadline ?? 0) + 20);
    }
  });

  it('has a deadline of its own where its job has none', async () => {
    const { queue, client } = await startRelay({ timeout: 9_000 });
    const { own, next } = await lastValueFrom(client.send<Told>(queue, {}, { timeout: 0 }));
    expect([own.deadline, next.deadline]).toEqual([undefined, expect.any(Number)]);
  });

  it('takes over the trace of its job, and no header that was not chosen', async () => {
    const headers = { traceparent: '00-1-2-01', baggage: 'a=1', tenant: 'ann' };
    const plain = await startRelay();
    const { next } = await lastValueFrom(plain.client.send<Told>(plain.queue, {}, { headers }));
    expect(next.headers).toEqual({ traceparent: '00-1-2-01', baggage: 'a=1' });
    const chosen = await startRelay({ inheritedHeaders: ['tenant'] });
    const told = await lastValueFrom(chosen.client.send<Told>(chosen.queue, {}, { headers }));
    expect(told.next.headers).toEqual({ tenant: 'ann' });
  });

  it('is cancelled with its job, two applications away from who cancels', async () => {
    const { queue, client, seen } = await startRelay();
    const subscription = client.send(queue, { wait: true }).subscribe();
    await waitFor(() => seen.started === 1);
    subscription.unsubscribe();
    await waitFor(() => seen.aborted === 1);
  });

  it('ends with its job when that runs out of time, two applications away', async () => {
    const { queue, client, seen } = await startRelay();
    const error = await failureOf(client.send(queue, { wait: true }, { timeout: 1_000 }));
    expect(error).toBeInstanceOf(RequestTimeoutError);
    await waitFor(() => seen.aborted === 1);
  });

  it('fails at once when its job has no time left', async () => {
    const [queue, next] = [randomQueue(), randomQueue()];
    const failures: unknown[] = [];
    @Injectable()
    class Late {
      constructor(private readonly requests: RequestClient) {}

      @OnJob(queue)
      async run(_data: unknown, job: JobContext) {
        await waitFor(() => job.timeLeft() === 0);
        failures.push(await failureOf(this.requests.send(next)));
      }
    }
    const { client } = await startApp({ connection: server.url }, [Late]);
    await failureOf(client.send(queue, undefined, { timeout: 200 }));
    await waitFor(() => failures.length === 1);
    expect(failures[0]).toMatchObject({ code: 'REQUEST_TIMEOUT', queue: next, limit: 'inherited' });
    expect(await server.look.exists(`${next}requests`)).toBe(0);
  });

  it('is on its own with `inherit: false`, so that several jobs can share it', async () => {
    const [queue, next] = [randomQueue(), randomQueue()];
    const seen: JobContext[] = [];
    let shared: Promise<unknown> | undefined;
    let finish: () => void = () => undefined;
    @Injectable()
    class Sharing {
      constructor(private readonly requests: RequestClient) {}

      @OnJob(queue)
      run() {
        const options = { inherit: false, timeout: 20_000, headers: { own: 'yes' } };
        shared ??= lastValueFrom(this.requests.send(next, 'shared', options));
        this.requests.emit(next, 'emitted', { inherit: false });
        return shared;
      }

      @OnJob(next)
      async answer(data: unknown, job: JobContext) {
        seen.push(job);
        if (data === 'shared') {
          await new Promise<void>((resolve) => (finish = resolve));
        }
        return data;
      }
    }
    const { client } = await startApp({ connection: server.url }, [Sharing]);
    const headers = { traceparent: '00-1-2-01' };
    const first = client.send(queue, 1, { timeout: 5_000, headers }).subscribe();
    await waitFor(() => seen.length === 2);
    const second = lastValueFrom(client.send(queue, 2, { timeout: 10_000 }));
    // The job whose handler made the request ends; the request goes on.
    first.unsubscribe();
    await waitFor(() => seen.length === 3);
    const sharedJob = seen.find((job) => job.headers['own'] === 'yes');
    expect(sharedJob?.headers).toEqual({ own: 'yes' });
    expect(sharedJob?.timeLeft()).toBeGreaterThan(10_000);
    expect(sharedJob?.signal.aborted).toBe(false);
    expect(seen.filter((job) => job !== sharedJob).map((job) => job.headers)).toEqual([{}, {}]);
    finish();
    expect(await second).toBe('shared');
  });
});
