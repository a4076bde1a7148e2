import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { setTimeout as delay } from 'node:timers/promises';
import { HttpException } from '@nestjs/common';
import { lastValueFrom, take, toArray } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  EVENT_CHANNELS,
  JOB_CHANNEL,
  REQUEST_CHANNEL,
  type CallMessage,
  type JobMessage,
  type ReqRepEvent,
  type Telemetry,
} from '../../lib/core/index.js';
import { asRedelivered, completeJob, encodeJob } from '../../lib/protocol/wire/job-element.js';
import { encodeReply } from '../../lib/protocol/wire/reply-frame.js';
import { failureOf } from '../support/failure-of.js';
import { openReqRep, type TestReqRep } from '../support/open-reqrep.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

const requestChannel = tracingChannel(REQUEST_CHANNEL);
const jobChannel = tracingChannel(JOB_CHANNEL);

/** Listens to an instance: keeps what it is told at the ends, and adds a header to each call. */
class Listener implements Telemetry {
  readonly calls: CallMessage[] = [];
  readonly jobs: JobMessage[] = [];
  readonly events: ReqRepEvent[] = [];
  readonly contexts = new AsyncLocalStorage<string>();

  callBegins(call: CallMessage): (call: CallMessage) => void {
    if (call.headers) {
      call.headers['trace'] = `trace of ${call.queue}`;
    }
    return (ended) => void this.calls.push({ ...ended });
  }

  jobBegins(job: JobMessage, run: () => void): (job: JobMessage) => void {
    this.contexts.run(job.headers['trace'] ?? 'none', run);
    return (ended) => void this.jobs.push({ ...ended });
  }

  happened(event: ReqRepEvent): void {
    this.events.push(event);
  }
}

interface Listened extends TestReqRep {
  readonly telemetry: Listener;
}

function open(telemetry = new Listener()): Listened {
  return { ...openReqRep({ connection: server.url, telemetry }), telemetry };
}

describe('a listener', () => {
  it.each<[string, (listened: Listened, queue: string) => Promise<unknown>, object, object]>([
    [
      'a reply',
      async ({ client, workers }, queue) => {
        await workers.serve(queue, () => 'reply');
        await client.request(queue);
      },
      { outcome: 'reply', error: undefined, values: undefined },
      { outcome: 'reply', error: undefined, values: undefined, attempt: 1, kind: 'request' },
    ],
    [
      'a stream',
      async ({ client, workers }, queue) => {
        await workers.serve(queue, async function* stream() {
          yield* [1, 2, 3];
        });
        expect(await lastValueFrom(client.send(queue).pipe(toArray()))).toEqual([1, 2, 3]);
      },
      { outcome: 'reply', values: 3 },
      { outcome: 'reply', values: 3 },
    ],
    [
      'an error of the handler',
      async ({ client, workers }, queue) => {
        await workers.serve(queue, () => {
          throw new RangeError('too far');
        });
        await failureOf(client.send(queue));
      },
      { outcome: 'error', error: expect.objectContaining({ code: 'REMOTE' }) },
      { outcome: 'error', error: expect.objectContaining({ message: 'too far' }) },
    ],
    [
      'a timeout',
      async ({ client, workers }, queue) => {
        await workers.serve(queue, async (_, job) => {
          await new Promise((resolve) => job.signal.addEventListener('abort', resolve));
          job.signal.throwIfAborted();
        });
        await failureOf(client.send(queue, null, { timeout: 100 }));
      },
      { outcome: 'timeout', error: expect.objectContaining({ code: 'REQUEST_TIMEOUT' }) },
      { outcome: expect.stringMatching(/^(cancelled|nobody waits)$/), error: undefined },
    ],
    [
      'a cancellation',
      async ({ client, workers }, queue) => {
        await workers.serve(queue, async function* stream(_, job) {
          yield 'begun';
          await new Promise((resolve) => job.signal.addEventListener('abort', resolve));
        });
        await lastValueFrom(client.send(queue).pipe(take(1)));
      },
      { outcome: 'cancelled', error: undefined, values: 1 },
      { outcome: 'cancelled', values: 1 },
    ],
    [
      'an emit',
      async ({ client, workers }, queue) => {
        await workers.serve(queue, () => undefined);
        await lastValueFrom(client.emit(queue));
      },
      { outcome: 'pushed', kind: 'emit', error: undefined },
      { outcome: 'reply', kind: 'emit', error: undefined },
    ],
  ])('is told the end of a call and of its job once: %s', async (_what, act, call, job) => {
    const listened = open();
    const { telemetry } = listened;
    const queue = randomQueue();
    await act(listened, queue);
    await waitFor(() => telemetry.calls.length === 1 && telemetry.jobs.length === 1);
    const place = { instance: 'core', server: server.name, queue };
    const headers = { trace: `trace of ${queue}` };
    expect(telemetry.calls).toEqual([expect.objectContaining({ ...place, headers, ...call })]);
    expect(telemetry.jobs).toEqual([
      expect.objectContaining({ ...place, headers, id: telemetry.calls[0]?.id, ...job }),
    ]);
    expect(telemetry.jobs[0]?.waited).toBeGreaterThanOrEqual(0);
  });

  it('is told of calls that are refused at once', async () => {
    const telemetry = new Listener();
    const { client, close } = openReqRep({ connection: server.url, maxPending: 1, telemetry });
    const queue = randomQueue();
    const waiting = client.send(queue).subscribe({ error: () => undefined });
    await failureOf(client.send(queue));
    await failureOf(client.emit(queue));
    await failureOf(client.send(queue, () => undefined));
    waiting.unsubscribe();
    await failureOf(client.send(queue, null, { signal: AbortSignal.abort() }));
    await failureOf(client.send(queue, () => undefined));
    await close();
    await failureOf(client.send(queue));
    expect(telemetry.calls.map(({ outcome, error }) => [outcome, codeOf(error)])).toEqual([
      ['failed', 'PENDING_LIMIT'],
      ['failed', 'PENDING_LIMIT'],
      ['failed', 'PENDING_LIMIT'],
      ['cancelled', undefined],
      ['cancelled', 20],
      ['failed', 'SERIALIZATION'],
      ['failed', 'CLIENT_CLOSED'],
    ]);
    expect(client.stats).toEqual({
      pending: 0,
      pendingEmits: 0,
      requests: 6,
      emits: 1,
      replies: 0,
      pushed: 0,
      errors: 0,
      timeouts: 0,
      cancelled: 2,
      failed: 5,
      droppedReplies: 0,
    });
  });

  it('makes the async context of the handler, of a stream until its end', async () => {
    const { client, workers, telemetry } = open();
    const queue = randomQueue();
    await workers.serve(queue, async function* stream() {
      yield telemetry.contexts.getStore();
      await delay(1);
      yield telemetry.contexts.getStore();
    });
    const trace = `trace of ${queue}`;
    expect(await lastValueFrom(client.send(queue).pipe(toArray()))).toEqual([trace, trace]);
  });

  it.each<[string, Telemetry]>([
    [
      'throws',
      {
        callBegins: () => thrown(),
        jobBegins: () => thrown(),
        happened: () => thrown(),
        opened: () => thrown(),
      },
    ],
    [
      'throws at the ends',
      {
        callBegins: () => thrown,
        jobBegins: (_, run) => (run(), thrown),
        opened: () => thrown,
      },
    ],
    ['runs a job twice', { jobBegins: (_, run) => (run(), run(), undefined) }],
    ['forgets to run a job', { jobBegins: () => undefined }],
    [
      'adds headers that are no texts',
      { callBegins: (call) => void Object.assign(call.headers ?? {}, { number: 7 }) },
    ],
  ])('that %s changes no call and no job', async (_what, telemetry) => {
    const { client, workers, lines, close } = openReqRep({ connection: server.url, telemetry });
    const queue = randomQueue();
    let runs = 0;
    await workers.serve(queue, (data) => (runs++, data));
    expect(await client.request(queue, 'data')).toBe('data');
    await close();
    expect(runs).toBe(1);
    const said = lines.filter((line) => line.includes('telemetry'));
    expect(said.length > 0).toBe(_what.startsWith('throws'));
    expect(said.every((line) => line.includes('The option telemetry threw in'))).toBe(true);
  });

  it('sees the instance until it is closed', async () => {
    const seen: unknown[] = [];
    const telemetry: Telemetry = {
      opened: (instance) => {
        seen.push(instance);
        return () => seen.push('closed');
      },
    };
    const shutdownTimeout = 100;
    const { client, workers, close } = openReqRep({
      connection: server.url,
      telemetry,
      shutdownTimeout,
    });
    const [queue, other] = [randomQueue(), randomQueue()];
    await workers.serve(queue, () => new Promise(() => undefined), { concurrency: 1 });
    const request = client.send(queue).subscribe();
    await waitFor(() => workers.status.queues[0]?.busy === 1);
    await lastValueFrom(client.emit(queue));
    await lastValueFrom(client.emit(queue));
    await delay(20);
    const [instance] = seen as [Parameters<NonNullable<Telemetry['opened']>>[0]];
    expect(instance).toMatchObject({ name: 'core', server: server.name, pending: 1 });
    expect(instance.queues).toEqual([{ queue, handler: expect.any(String), busy: 1 }]);
    const load = await instance.inspect(queue);
    expect(load).toEqual({ length: 2, age: expect.any(Number), workers: 1 });
    expect(load?.age).toBeGreaterThanOrEqual(15);
    expect(load?.age).toBeLessThan(10_000);
    expect(await instance.inspect(other)).toEqual({ length: 0, age: 0, workers: 0 });
    request.unsubscribe();
    await close();
    expect(seen).toEqual([instance, 'closed']);
  });

  it.each([[7], ['listener'], [{}], [{ callBegins: true }]])('cannot be %j', (telemetry) => {
    expect(() => openReqRep({ telemetry: telemetry as never })).toThrow(
      'Expected telemetry in the options of createReqRep to be an object with some of the methods',
    );
  });
});

describe('the diagnostics channels', () => {
  it('tell of calls and jobs what a listener is told, and carry headers and contexts', async () => {
    const { client, workers } = openReqRep({ connection: server.url });
    const queue = randomQueue();
    const context = new AsyncLocalStorage<JobMessage>();
    await workers.serve(queue, (data) => {
      if (data === 'fail') {
        throw new RangeError('too far');
      }
      return context.getStore()?.headers;
    });
    const steps: string[] = [];
    const keep =
      (step: string) =>
      (message: unknown): void => {
        const { queue: of, outcome, error } = message as CallMessage;
        if (of === queue) {
          steps.push([step, outcome, error && (error as Error).name].filter(Boolean).join(' '));
        }
      };
    const addHeader = (message: unknown): void => {
      Object.assign((message as CallMessage).headers ?? {}, { tenant: 'acme' });
    };
    requestChannel.start.subscribe(addHeader);
    jobChannel.start.bindStore(context as never);
    const subscriptions = [requestChannel, jobChannel].map((channel, index) => {
      const name = index === 0 ? 'call' : 'job';
      const kept = {
        start: keep(`${name} starts`),
        end: keep(`${name} runs`),
        asyncStart: keep(`${name} ends`),
        asyncEnd: keep(`${name} has ended`),
        error: keep(`${name} fails`),
      };
      channel.subscribe(kept as never);
      return (): unknown => channel.unsubscribe(kept as never);
    });
    onTestFinished(() => {
      requestChannel.start.unsubscribe(addHeader);
      jobChannel.start.unbindStore(context as never);
      subscriptions.forEach((end) => end());
    });
    expect(await client.request(queue)).toEqual({ tenant: 'acme' });
    await waitFor(() => steps.length === 8);
    expect(steps.filter((step) => step.startsWith('call'))).toEqual([
      'call starts',
      'call runs',
      'call ends reply',
      'call has ended reply',
    ]);
    expect(steps.filter((step) => step.startsWith('job'))).toEqual([
      'job starts',
      'job runs',
      'job ends reply',
      'job has ended reply',
    ]);
    steps.length = 0;
    await failureOf(client.send(queue, 'fail'));
    await waitFor(() => steps.length === 10);
    expect(steps).toEqual(
      expect.arrayContaining(['call fails error RemoteError', 'job fails error RangeError']),
    );
  });
});

describe('an event', () => {
  const place = (): object => ({ instance: 'core', server: server.name });

  it('tells of a job that is delivered again, and of one that is dead', async () => {
    const { workers, telemetry } = open();
    const channelled: unknown[] = [];
    const listen = (message: unknown): void => void channelled.push(message);
    subscribe(EVENT_CHANNELS['job dead'], listen);
    onTestFinished(() => void unsubscribe(EVENT_CHANNELS['job dead'], listen));
    const queue = randomQueue();
    const encoded = (id: string): string => completeJob(encodeJob(id, '1', {}), Date.now());
    const again = asRedelivered(encoded('again'));
    const often = asRedelivered(asRedelivered(asRedelivered(encoded('often'))));
    await server.look.rpush(`${queue}requests`, again, often, 'no job');
    await workers.serve(queue, () => undefined, { maxDeliveries: 3 });
    await waitFor(() => telemetry.events.length === 3);
    expect(telemetry.events.toSorted(({ type }) => (type === 'job redelivered' ? -1 : 1))).toEqual([
      { type: 'job redelivered', ...place(), queue, id: 'again', attempt: 2 },
      {
        type: 'job dead',
        ...place(),
        queue,
        id: 'often',
        reason: 'out of deliveries',
        message: expect.any(String),
      },
      {
        type: 'job dead',
        ...place(),
        queue,
        id: undefined,
        reason: 'unreadable',
        message: expect.stringContaining('not JSON'),
      },
    ]);
    expect(channelled).toEqual(telemetry.events.filter(({ type }) => type === 'job dead'));
  });

  it('tells of a reply that nobody waits for', async () => {
    const { client, workers, telemetry } = open();
    const queue = randomQueue();
    await workers.serve(queue, () => 'reply');
    await client.request(queue);
    await waitFor(() => telemetry.jobs.length === 1);
    const id = telemetry.jobs[0]?.id ?? '';
    const list = `replies:${String(id).split('-').slice(0, -1).join('-')}`;
    await server.look.rpush(list, 'no frame', encodeReply(String(id), '1'));
    await client.request(queue);
    await waitFor(() => telemetry.events.length === 2);
    expect(telemetry.events).toEqual([
      { type: 'reply dropped', ...place(), reason: 'unreadable' },
      { type: 'reply dropped', ...place(), reason: 'not pending' },
    ]);
    expect(client.stats.droppedReplies).toBe(2);
  });
});

describe('failures$', () => {
  it('emits what handlers throw, expected or not, and what can end no job any more', async () => {
    const shutdownTimeout = 100;
    const { client, workers, close } = openReqRep({ connection: server.url, shutdownTimeout });
    const queue = randomQueue();
    const failures: unknown[] = [];
    let isComplete = false;
    workers.failures$.subscribe({
      next: (failure) => failures.push(failure),
      complete: () => (isComplete = true),
    });
    await workers.serve(queue, function serve(data, job) {
      if (data === 'expected') {
        throw new HttpException('teapot', 418);
      }
      if (data === 'unexpected') {
        throw new RangeError('too far');
      }
      job.signal.addEventListener('abort', () => {
        throw new Error('in a listener');
      });
      return new Promise(() => undefined);
    });
    await failureOf(client.send(queue, 'expected'));
    await failureOf(client.send(queue, 'unexpected'));
    const request = client.send(queue, 'wait').subscribe();
    await waitFor(() => workers.status.queues[0]?.busy === 1);
    request.unsubscribe();
    await waitFor(() => failures.length === 3);
    const common = { queue, handler: 'serve', id: expect.any(String), attempt: 1 };
    expect(failures).toEqual([
      { ...common, error: expect.objectContaining({ message: 'teapot' }), isExpected: true },
      { ...common, error: expect.objectContaining({ message: 'too far' }), isExpected: false },
      {
        ...common,
        error: expect.objectContaining({ message: 'in a listener' }),
        isExpected: false,
      },
    ]);
    await close();
    expect(isComplete).toBe(true);
  });
});

describe('status$', () => {
  it('emits the status at once and each change, and completes at the close', async () => {
    const { workers, close } = openReqRep({ connection: server.url });
    const queue = randomQueue();
    const states: string[] = [];
    workers.status$.subscribe({
      next: ({ state, queues }) =>
        states.push(
          [state, ...queues.map(({ isPaused }) => (isPaused ? 'paused' : 'open'))].join(' '),
        ),
      complete: () => states.push('complete'),
    });
    expect(states).toEqual(['stopped']);
    await workers.serve(queue, () => undefined);
    await waitFor(() => states.at(-1) === 'running open');
    await workers.pause(queue);
    await waitFor(() => states.at(-1) === 'running paused');
    expect(workers.status.queues[0]?.leaseAge).toBeLessThan(10_000);
    await close();
    expect(states.at(-1)).toBe('complete');
    expect(states.at(-2)).toMatch(/^stopped/);
  });
});

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;

function thrown(): never {
  throw new Error('not today');
}
