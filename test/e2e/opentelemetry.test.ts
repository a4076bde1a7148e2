import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { HttpException } from '@nestjs/common';
import { context, SpanKind, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { lastValueFrom, toArray } from 'rxjs';
import { expect, it } from 'vitest';
import type { CreateReqRepOptions } from '../../lib/core/index.js';
import { openTelemetry } from '../../lib/opentelemetry/index.js';
import { failureOf } from '../support/failure-of.js';
import { openReqRep, type TestReqRep } from '../support/open-reqrep.js';
import { startProcess } from '../support/processes.js';
import { randomQueue } from '../support/random-queue.js';
import { RecordedTelemetry, useContexts } from '../support/recorded-telemetry.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();
useContexts();

/** A span, of this process or another. */
interface Seen {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  readonly status: { readonly code: SpanStatusCode; readonly message?: string };
  readonly parentId?: string | undefined;
  readonly spanId: string;
  readonly traceId: string;
}

const seen = (span: ReadableSpan): Seen => ({
  name: span.name,
  kind: span.kind,
  attributes: span.attributes,
  status: span.status,
  parentId: span.parentSpanContext?.spanId,
  ...span.spanContext(),
});

interface Traced extends TestReqRep {
  readonly record: RecordedTelemetry;
}

function open(options: Partial<CreateReqRepOptions> = {}): Traced {
  const record = new RecordedTelemetry();
  const telemetry = openTelemetry(record.providers);
  return { ...openReqRep({ connection: redis.url, lease: 300, telemetry, ...options }), record };
}

interface Worker {
  readonly spans: readonly Seen[];
  readonly child: ChildProcess;
}

async function startWorker(QUEUE: string, NEXT = ''): Promise<Worker> {
  const child = await startProcess('traced-worker', { REDIS_URL: redis.url, QUEUE, NEXT });
  const spans: Seen[] = [];
  child.on('message', (span: Seen) => spans.push(span));
  return { spans, child };
}

/** Does what an HTTP server with an instrumentation does. */
async function asHttpRequest<Result>(
  { record }: Traced,
  work: () => Promise<Result>,
): Promise<Result> {
  const tracer = record.tracerProvider.getTracer('http');
  const span = tracer.startSpan('GET /reports', { kind: SpanKind.SERVER });
  try {
    return await context.with(trace.setSpan(context.active(), span), work);
  } finally {
    span.end();
  }
}

it('one trace goes from an HTTP request to a job in another process, and on to the job of its request', async () => {
  const [queue, next] = [randomQueue(), randomQueue()];
  const worker = await startWorker(queue, next);
  const traced = open();
  const { client, workers, record } = traced;
  await workers.serve(next, () => trace.getActiveSpan()?.spanContext().spanId);
  const innermost = await asHttpRequest(traced, () => client.request(queue, 'next'));
  await waitFor(() => worker.spans.length === 2 && record.spans.length === 3);
  const spans = [...record.spans.map(seen), ...worker.spans];
  const path: Seen[] = [];
  let current = spans.find(({ parentId }) => parentId === undefined);
  while (current) {
    const { spanId } = current;
    path.push(current);
    current = spans.find(({ parentId }) => parentId === spanId);
  }
  expect(path.map(({ name, kind }) => [name, kind])).toEqual([
    ['GET /reports', SpanKind.SERVER],
    [queue, SpanKind.CLIENT],
    [queue, SpanKind.SERVER],
    [next, SpanKind.CLIENT],
    [next, SpanKind.SERVER],
  ]);
  expect(new Set(path.map(({ traceId }) => traceId)).size).toBe(1);
  expect(path.at(-1)?.spanId).toBe(innermost);
  const server = { 'server.address': '127.0.0.1', 'server.port': redis.port };
  expect(path.slice(1).map(({ attributes }) => attributes)).toEqual(
    path.slice(1).map(() => expect.objectContaining(server)),
  );
});

it('a job whose worker was killed has a second server span in the same trace', async () => {
  const queue = randomQueue();
  const killed = await startWorker(queue);
  const { client, workers, record } = open();
  const reply = client.request(queue, 'kill');
  await once(killed.child, 'exit');
  await workers.serve(queue, (_data, { attempt }) => attempt);
  expect(await reply).toBe(2);
  await waitFor(() => record.spans.length === 2);
  const spans = record.spans.map(seen);
  const ofCall = spans.find(({ kind }) => kind === SpanKind.CLIENT);
  const second = spans.find(({ kind }) => kind === SpanKind.SERVER);
  // What the killed process told of its span before.
  const [first] = killed.spans;
  const ofJob = {
    name: queue,
    kind: SpanKind.SERVER,
    traceId: ofCall?.traceId,
    parentId: ofCall?.spanId,
  };
  expect([first, second]).toEqual(
    [1, 2].map((attempt) =>
      expect.objectContaining({
        ...ofJob,
        attributes: expect.objectContaining({ 'nestjs_reqrep.delivery.attempt': attempt }),
      }),
    ),
  );
  expect(second?.spanId).not.toBe(first?.spanId);
  const metrics = await record.metrics();
  const own = expect.objectContaining({ 'nestjs_reqrep.queue': queue });
  for (const name of ['nestjs_reqrep.jobs.redelivered', 'nestjs_reqrep.workers.lost']) {
    expect(metrics.get(name)?.dataPoints).toMatchObject([{ attributes: own, value: 1 }]);
  }
});

it('a stream is one span at each end, with the number of its values', async () => {
  const queue = randomQueue();
  const { spans } = await startWorker(queue);
  const { client, record } = open();
  expect(await lastValueFrom(client.send(queue, 'stream').pipe(toArray()))).toEqual([1, 2, 3]);
  await waitFor(() => spans.length === 1);
  const all = [...record.spans.map(seen), ...spans];
  expect(all.map(({ kind }) => kind)).toEqual([SpanKind.CLIENT, SpanKind.SERVER]);
  expect(all.map(({ attributes }) => attributes['nestjs_reqrep.stream.values'])).toEqual([3, 3]);
});

it('an emit is a span of a producer, the parent of one of a consumer', async () => {
  const queue = randomQueue();
  const { spans } = await startWorker(queue);
  const { client, record } = open();
  await lastValueFrom(client.emit(queue, 'data'));
  await waitFor(() => spans.length === 1);
  const [sent] = record.spans.map(seen);
  expect(sent).toMatchObject({ name: `send ${queue}`, kind: SpanKind.PRODUCER });
  expect(spans[0]).toMatchObject({
    name: `process ${queue}`,
    kind: SpanKind.CONSUMER,
    parentId: sent?.spanId,
    traceId: sent?.traceId,
  });
});

it.each<[string, (traced: Traced, queue: string) => Promise<unknown>, string, string, boolean]>([
  [
    'a timeout',
    ({ client }, queue) => failureOf(client.send(queue, 'wait', { timeout: 100 })),
    'REQUEST_TIMEOUT',
    // Its signal aborts at the deadline, or at the message of the caller.
    'NOBODY_WAITS|CANCELLED',
    true,
  ],
  [
    'a cancellation',
    async ({ client, workers }, queue) => {
      const subscription = client.send(queue, 'wait').subscribe();
      await waitFor(() => workers.status.queues[0]?.busy === 1);
      subscription.unsubscribe();
    },
    'CANCELLED',
    'CANCELLED',
    false,
  ],
  [
    'an error',
    ({ client }, queue) => failureOf(client.send(queue, 'fail')),
    'REMOTE',
    'REMOTE',
    true,
  ],
  ['an answer', ({ client }, queue) => failureOf(client.send(queue, 'answer')), '404', '404', true],
])('%s is what both spans say', async (_what, act, atCaller, atWorker, isError) => {
  const queue = randomQueue();
  const traced = open();
  await traced.workers.serve(queue, (data, job) => {
    if (data === 'fail') {
      throw new RangeError('too far');
    }
    if (data === 'answer') {
      throw new HttpException('none', 404);
    }
    return new Promise((_, reject) =>
      job.signal.addEventListener('abort', () => reject(job.signal.reason)),
    );
  });
  await act(traced, queue);
  await waitFor(() => traced.record.spans.length === 2);
  const spans = traced.record.spans.map(seen);
  const ofCall = spans.find(({ kind }) => kind === SpanKind.CLIENT);
  const ofJob = spans.find(({ kind }) => kind === SpanKind.SERVER);
  expect(ofCall?.attributes['rpc.status_code']).toBe(atCaller);
  expect(ofCall?.status.code).toBe(isError ? SpanStatusCode.ERROR : SpanStatusCode.UNSET);
  expect(ofJob?.attributes['rpc.status_code']).toMatch(new RegExp(`^(${atWorker})$`));
  expect(ofJob?.status.code).toBe(
    atWorker === 'REMOTE' ? SpanStatusCode.ERROR : SpanStatusCode.UNSET,
  );
});

it('metrics tell durations, waits and the state of queues', async () => {
  const queue = randomQueue();
  const { client, workers, record, close } = open({ shutdownTimeout: 100 });
  const untilAborted = (signal: AbortSignal): Promise<unknown> =>
    new Promise((resolve) => signal.addEventListener('abort', resolve));
  await workers.serve(queue, (data, { signal }) => data ?? untilAborted(signal), {
    concurrency: 1,
  });
  await client.request(queue, 'first');
  const waiting = [client.send(queue).subscribe(), client.send(queue).subscribe()];
  await waitFor(() => workers.status.queues[0]?.busy === 1);
  await waitFor(async () => (await redis.look.llen(`${queue}requests`)) === 1);
  const metrics = await record.metrics();
  const valueOf = (name: string): unknown => metrics.get(name)?.dataPoints[0]?.value;
  expect(valueOf('nestjs_reqrep.queue.length')).toBe(1);
  expect(valueOf('nestjs_reqrep.queue.age')).toBeLessThan(10);
  expect(valueOf('nestjs_reqrep.jobs.running')).toBe(1);
  expect(valueOf('nestjs_reqrep.requests.pending')).toBe(2);
  expect(valueOf('rpc.client.call.duration')).toMatchObject({ count: 1 });
  expect(valueOf('nestjs_reqrep.queue.wait')).toMatchObject({ count: 2 });
  waiting.forEach((subscription) => subscription.unsubscribe());
  await close();
});

it('a queueName that throws keeps no call and no job', async () => {
  const telemetry = openTelemetry({
    ...new RecordedTelemetry().providers,
    queueName: () => {
      throw new Error('not today');
    },
  });
  const { client, workers, lines } = openReqRep({ connection: redis.url, telemetry });
  const queue = randomQueue();
  await workers.serve(queue, (data) => data);
  expect(await client.request(queue, 'data')).toBe('data');
  expect(lines.some((line) => line.includes('not today'))).toBe(true);
});

it('works where no SDK is registered', async () => {
  const { client, workers } = openReqRep({ connection: redis.url, telemetry: openTelemetry() });
  const queue = randomQueue();
  await workers.serve(queue, (_data, job) => job.headers);
  expect(await client.request(queue)).toEqual({});
});
