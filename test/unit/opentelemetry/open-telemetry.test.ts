import {
  context,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type SpanContext,
} from '@opentelemetry/api';
import { DataPointType } from '@opentelemetry/sdk-metrics';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it, vi } from 'vitest';
import { RemoteError, RequestTimeoutError, SerializationError } from '../../../lib/errors/index.js';
import { openTelemetry, type OpenTelemetryOptions } from '../../../lib/opentelemetry/index.js';
import type { CallMessage } from '../../../lib/telemetry/call-message.js';
import type { JobMessage } from '../../../lib/telemetry/job-message.js';
import type { ObservedInstance, Telemetry } from '../../../lib/telemetry/telemetry.js';
import { RecordedTelemetry, useContexts } from '../../support/recorded-telemetry.js';

useContexts();

const place = { instance: 'default', server: 'redis://cache.example:6380/2' };
const placeAttributes = { 'server.address': 'cache.example', 'server.port': 6380 };

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';

const aCall = (fields: Partial<CallMessage> = {}): CallMessage => ({
  ...place,
  kind: 'request',
  queue: 'reports',
  id: 'id-1',
  headers: {},
  outcome: undefined,
  error: undefined,
  values: undefined,
  ...fields,
});

const aJob = (fields: Partial<JobMessage> = {}): JobMessage => ({
  ...place,
  kind: 'request',
  queue: 'reports',
  handler: 'Reports#render',
  id: 'id-1',
  headers: {},
  attempt: 1,
  waited: 250,
  outcome: undefined,
  error: undefined,
  values: undefined,
  ...fields,
});

const anInstance = (fields: Partial<ObservedInstance> = {}): ObservedInstance => ({
  name: 'default',
  server: place.server,
  pending: 3,
  queues: [{ queue: 'reports', handler: 'Reports#render', busy: 2 }],
  inspect: () => Promise.resolve({ length: 5, age: 1_500, workers: 1 }),
  ...fields,
});

interface Opened {
  readonly record: RecordedTelemetry;
  readonly telemetry: Telemetry;
  readonly close: () => void;
}

function open(options: OpenTelemetryOptions = {}, record = new RecordedTelemetry()): Opened {
  const telemetry = openTelemetry({ ...record.providers, ...options });
  const close = telemetry.opened?.(anInstance());
  return { record, telemetry, close: () => close?.() };
}

const call = ({ telemetry }: Opened, end: Partial<CallMessage>, begin = aCall()): CallMessage => {
  const onEnd = telemetry.callBegins?.(begin);
  onEnd?.({ ...begin, ...end });
  return begin;
};

const run = ({ telemetry }: Opened, end: Partial<JobMessage>, begin = aJob()): void => {
  const onEnd = telemetry.jobBegins?.(begin, () => undefined);
  onEnd?.({ ...begin, ...end });
};

class HttpAnswer extends Error {
  constructor(private readonly status: number) {
    super(`answer ${status}`);
  }

  getStatus(): number {
    return this.status;
  }

  getResponse(): unknown {
    return this.message;
  }
}

const timeout = new RequestTimeoutError({
  queue: 'reports',
  id: 'id-1',
  timeout: 50,
  limit: 'timeout',
});
const remote = new RemoteError('reports', 'id-1', { name: 'RangeError', message: 'too far' });
const notFound = new RemoteError('reports', 'id-1', { name: 'E', message: 'none', status: 404 });
const unwritable = new SerializationError('reports', 'reply', 'a function');

const byName = (
  metrics: Awaited<ReturnType<RecordedTelemetry['metrics']>>,
  name: string,
): object[] =>
  metrics.get(name)?.dataPoints.map(({ attributes, value }) => ({ attributes, value })) ?? [];

describe('the span of a call', () => {
  it.each<[string, Partial<CallMessage>, string, string | undefined]>([
    ['a reply', { outcome: 'reply' }, 'OK', undefined],
    ['a timeout', { outcome: 'timeout', error: timeout }, 'REQUEST_TIMEOUT', timeout.message],
    ['an error of the handler', { outcome: 'error', error: remote }, 'REMOTE', 'too far'],
    ['an HttpException', { outcome: 'error', error: new HttpAnswer(404) }, '404', 'answer 404'],
    ['an HttpException without Nest', { outcome: 'error', error: notFound }, '404', 'none'],
    ['an error of another class', { outcome: 'error', error: new Error('own') }, 'REMOTE', 'own'],
    ['what can be read by no code', { outcome: 'error', error: revoked() }, 'REMOTE', undefined],
    ['a cancellation', { outcome: 'cancelled' }, 'CANCELLED', undefined],
    ['an abort', { outcome: 'cancelled', error: new Error('enough') }, 'CANCELLED', undefined],
  ])('says how it ended: %s', (_what, end, status, message) => {
    const opened = open();
    call(opened, end);
    const [span] = opened.record.spans;
    const isError = !['OK', 'CANCELLED'].includes(status);
    expect(span?.name).toBe('reports');
    expect(span?.kind).toBe(SpanKind.CLIENT);
    expect(span?.attributes).toEqual({
      'rpc.system.name': 'nestjs-reqrep',
      'rpc.method': 'reports',
      ...placeAttributes,
      'nestjs_reqrep.job.id': 'id-1',
      'nestjs_reqrep.outcome': end.outcome,
      'rpc.status_code': status,
      ...(isError && { 'error.type': status }),
    });
    expect(span?.status.code).toBe(isError ? SpanStatusCode.ERROR : SpanStatusCode.UNSET);
    expect(span?.status.message ?? message).toBe(message ?? span?.status.message);
  });

  it('of a stream has the number of its values', () => {
    const opened = open();
    call(opened, { outcome: 'reply', values: 3 });
    expect(opened.record.spans[0]?.attributes['nestjs_reqrep.stream.values']).toBe(3);
  });

  it('of an emit is that of a producer', () => {
    const opened = open();
    call(opened, { outcome: 'pushed' }, aCall({ kind: 'emit' }));
    const [span] = opened.record.spans;
    expect(span?.name).toBe('send reports');
    expect(span?.kind).toBe(SpanKind.PRODUCER);
    expect(span?.attributes).toEqual({
      'messaging.system.name': 'nestjs-reqrep',
      'messaging.destination.name': 'reports',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.message.id': 'id-1',
      ...placeAttributes,
      'nestjs_reqrep.job.id': 'id-1',
      'nestjs_reqrep.outcome': 'pushed',
    });
  });

  it('is a child of the span around the call, and the parent that the job is told', () => {
    const opened = open();
    const tracer = opened.record.tracerProvider.getTracer('test');
    const outer = tracer.startSpan('outer');
    const stale = { traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`, tracestate: 'a=b' };
    const { headers } = context.with(trace.setSpan(context.active(), outer), () =>
      call(opened, { outcome: 'reply' }, aCall({ headers: { ...stale } })),
    );
    const [span] = opened.record.spans;
    expect(span?.parentSpanContext?.spanId).toBe(outer.spanContext().spanId);
    const { traceId, spanId } = span?.spanContext() ?? {};
    expect(headers).toEqual({ traceparent: `00-${traceId}-${spanId}-01` });
  });

  it('of a job that cannot have headers is made all the same', () => {
    const opened = open();
    call(opened, { outcome: 'reply' }, aCall({ headers: undefined }));
    expect(opened.record.spans).toHaveLength(1);
  });

  it('takes nothing but the headers where it is not sampled', () => {
    const opened = open({}, new RecordedTelemetry(new AlwaysOffSampler()));
    const { headers } = call(opened, { outcome: 'reply' });
    expect(headers?.['traceparent']).toMatch(/-00$/);
    expect(opened.record.spans).toEqual([]);
  });
});

describe('the span of a job', () => {
  it.each<[string, Partial<JobMessage>, string, boolean]>([
    ['a reply', { outcome: 'reply' }, 'OK', false],
    ['an error', { outcome: 'error', error: new RangeError('too far') }, 'REMOTE', true],
    ['a reply that cannot be sent', { outcome: 'error', error: unwritable }, 'SERIALIZATION', true],
    ['an error of a request of the handler', { outcome: 'error', error: timeout }, 'REMOTE', true],
    ['an answer', { outcome: 'error', error: new HttpAnswer(404) }, '404', false],
    ['a fault', { outcome: 'error', error: new HttpAnswer(503) }, '503', true],
    ['a cancellation', { outcome: 'cancelled' }, 'CANCELLED', false],
    ['a deadline', { outcome: 'nobody waits' }, 'NOBODY_WAITS', false],
    ['a stop', { outcome: 'given back' }, 'GIVEN_BACK', false],
  ])('says how it ended: %s', (_what, end, status, isError) => {
    const opened = open();
    run(opened, end, aJob({ attempt: 2 }));
    const [span] = opened.record.spans;
    expect(span?.name).toBe('reports');
    expect(span?.kind).toBe(SpanKind.SERVER);
    expect(span?.attributes).toEqual({
      'rpc.system.name': 'nestjs-reqrep',
      'rpc.method': 'reports',
      ...placeAttributes,
      'code.function.name': 'Reports#render',
      'nestjs_reqrep.job.id': 'id-1',
      'nestjs_reqrep.delivery.attempt': 2,
      'nestjs_reqrep.queue.wait': 0.25,
      'nestjs_reqrep.outcome': end.outcome,
      'rpc.status_code': status,
      ...(isError && { 'error.type': status }),
    });
    expect(span?.status.code).toBe(isError ? SpanStatusCode.ERROR : SpanStatusCode.UNSET);
    expect(span?.events.map(({ name }) => name)).toEqual(isError ? ['exception'] : []);
  });

  it('records an error that throws when it is read', () => {
    const opened = open();
    run(opened, { outcome: 'error', error: revoked() });
    expect(opened.record.spans[0]?.status.code).toBe(SpanStatusCode.ERROR);
  });

  it('of an emit is that of a consumer', () => {
    const opened = open();
    run(opened, { outcome: 'reply' }, aJob({ kind: 'emit' }));
    const [span] = opened.record.spans;
    expect(span?.name).toBe('process reports');
    expect(span?.kind).toBe(SpanKind.CONSUMER);
    expect(span?.attributes).toMatchObject({
      'messaging.system.name': 'nestjs-reqrep',
      'messaging.destination.name': 'reports',
      'messaging.operation.name': 'process',
      'messaging.message.id': 'id-1',
    });
  });

  it('is a child of the call, and the parent within the handler', () => {
    const opened = open();
    const { headers = {} } = call(opened, { outcome: 'reply' });
    let within: string | undefined;
    const onEnd = opened.telemetry.jobBegins?.(aJob({ headers }), () => {
      within = trace.getActiveSpan()?.spanContext().spanId;
    });
    onEnd?.(aJob({ outcome: 'reply' }));
    const [ofCall, ofJob] = opened.record.spans;
    expect(ofJob?.parentSpanContext?.spanId).toBe(ofCall?.spanContext().spanId);
    expect(within).toBe(ofJob?.spanContext().spanId);
  });

  it.each<[string, Record<string, string>]>([
    ['without a caller that is traced', {}],
    ['of a caller that is sampled', { traceparent: `00-${TRACE_ID}-${SPAN_ID}-01` }],
    ['of a caller that is not sampled', { traceparent: `00-${TRACE_ID}-${SPAN_ID}-00` }],
    ['with a state', { traceparent: `00-${TRACE_ID}-${SPAN_ID}-00`, tracestate: 'vendor=1' }],
  ])('passes on that it is not sampled: %s', (_what, headers) => {
    const opened = open({}, new RecordedTelemetry(new AlwaysOffSampler()));
    let within: SpanContext | undefined;
    let inner: CallMessage | undefined;
    const onEnd = opened.telemetry.jobBegins?.(aJob({ headers }), () => {
      within = trace.getActiveSpan()?.spanContext();
      inner = call(opened, { outcome: 'reply' });
    });
    onEnd?.(aJob({ outcome: 'reply' }));
    const traceId = headers['traceparent'] ? TRACE_ID : expect.stringMatching(/^[0-9a-f]{32}$/);
    expect(within).toMatchObject({ traceId, traceFlags: TraceFlags.NONE });
    expect(inner?.headers?.['traceparent']).toMatch(
      new RegExp(`^00-${within?.traceId}-[0-9a-f]{16}-00$`),
    );
    expect(inner?.headers?.['tracestate']).toBe(headers['tracestate']);
    expect(opened.record.spans).toEqual([]);
  });
});

describe('metrics', () => {
  it('have the durations of requests and jobs, in the buckets of the conventions', async () => {
    const opened = open();
    call(opened, { outcome: 'reply' });
    call(opened, { outcome: 'timeout', error: timeout });
    run(opened, { outcome: 'reply' });
    const metrics = await opened.record.metrics();
    const durations = metrics.get('rpc.client.call.duration');
    const common = { 'rpc.system.name': 'nestjs-reqrep', 'rpc.method': 'reports' };
    const error = { 'rpc.status_code': 'REQUEST_TIMEOUT', 'error.type': 'REQUEST_TIMEOUT' };
    expect(durations?.descriptor.unit).toBe('s');
    expect(durations?.dataPoints.map(({ attributes }) => attributes)).toEqual([
      { ...common, ...placeAttributes, 'rpc.status_code': 'OK' },
      { ...common, ...placeAttributes, ...error },
    ]);
    if (durations?.dataPointType !== DataPointType.HISTOGRAM) {
      throw new Error('no histogram');
    }
    expect(durations.dataPoints[0]?.value.count).toBe(1);
    expect(durations.dataPoints[0]?.value.buckets.boundaries).toEqual([
      0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
    ]);
    expect(metrics.get('rpc.server.call.duration')?.dataPoints).toMatchObject([
      { attributes: { ...common, 'rpc.status_code': 'OK' }, value: { count: 1 } },
    ]);
    expect(metrics.get('nestjs_reqrep.queue.wait')?.dataPoints).toMatchObject([
      { value: { count: 1, sum: 0.25 } },
    ]);
  });

  it('count emits', async () => {
    const opened = open();
    call(opened, { outcome: 'pushed' }, aCall({ kind: 'emit' }));
    call(opened, { outcome: 'cancelled' }, aCall({ kind: 'emit' }));
    run(opened, { outcome: 'reply' }, aJob({ kind: 'emit' }));
    const metrics = await opened.record.metrics();
    const common: Attributes = {
      'messaging.system.name': 'nestjs-reqrep',
      'messaging.destination.name': 'reports',
      ...placeAttributes,
    };
    expect(byName(metrics, 'messaging.client.sent.messages')).toEqual([
      { attributes: { ...common, 'messaging.operation.name': 'send' }, value: 1 },
    ]);
    const process = { ...common, 'messaging.operation.name': 'process' };
    expect(byName(metrics, 'messaging.client.consumed.messages')).toEqual([
      { attributes: process, value: 1 },
    ]);
    expect(byName(metrics, 'messaging.process.duration')).toMatchObject([
      { attributes: process, value: { count: 1 } },
    ]);
  });

  it('count events', async () => {
    const { telemetry, record } = open();
    const queue = 'reports';
    telemetry.happened?.({ ...place, type: 'job redelivered', queue, id: 1, attempt: 2 });
    const reason = 'out of deliveries';
    telemetry.happened?.({ ...place, type: 'job dead', queue, id: 1, reason, message: 'dead' });
    telemetry.happened?.({
      ...place,
      type: 'worker lost',
      queue,
      worker: 'w',
      givenBack: 1,
      dead: 0,
    });
    telemetry.happened?.({ ...place, type: 'reply dropped', reason: 'not pending' });
    telemetry.happened?.({ ...place, type: 'outage began', message: 'gone' });
    telemetry.happened?.({ ...place, type: 'outage ended', duration: 5 });
    const metrics = await record.metrics();
    const ofInstance = { 'nestjs_reqrep.instance': 'default', ...placeAttributes };
    const ofQueue = { ...ofInstance, 'nestjs_reqrep.queue': queue };
    const counts = {
      'jobs.redelivered': ofQueue,
      'jobs.dead': { ...ofQueue, 'nestjs_reqrep.reason': reason },
      'workers.lost': ofQueue,
      'replies.dropped': { ...ofInstance, 'nestjs_reqrep.reason': 'not pending' },
      outages: ofInstance,
    };
    for (const [name, attributes] of Object.entries(counts)) {
      expect(byName(metrics, `nestjs_reqrep.${name}`)).toEqual([{ attributes, value: 1 }]);
    }
  });

  it('show the state of all open instances, and of none that is closed', async () => {
    const opened = open();
    const { telemetry, record } = opened;
    // Another of the same name; and one of another name, whose server does not answer.
    const closeTwin = telemetry.opened?.(anInstance({ pending: 4 }));
    let readings = 0;
    const silent = {
      name: 'second',
      inspect: () => Promise.resolve(undefined),
      get queues() {
        readings++;
        return [{ queue: 'silent', handler: 'silent', busy: 0 }];
      },
    };
    const closeSilent = telemetry.opened?.(
      Object.assign(Object.create(silent), { server: '', pending: 3 }),
    );
    const values = async (): Promise<Record<string, unknown[]>> => {
      const metrics = await record.metrics();
      const names = ['requests.pending', 'jobs.running', 'queue.length', 'queue.age'];
      return Object.fromEntries(
        names.map((name) => [
          name,
          metrics.get(`nestjs_reqrep.${name}`)?.dataPoints.map(({ value }) => value) ?? [],
        ]),
      );
    };
    expect(await values()).toEqual({
      'requests.pending': [7, 3],
      'jobs.running': [4, 0],
      // Queues of one name are one in metrics.
      'queue.length': [10],
      'queue.age': [1.5],
    });
    closeTwin?.();
    closeSilent?.();
    const scope = { schemaUrl: 'https://opentelemetry.io/schemas/1.45.0' };
    const meter = record.meterProvider.getMeter('nestjs-reqrep', undefined, scope);
    const removal = vi.spyOn(meter, 'removeBatchObservableCallback');
    opened.close();
    expect(removal).toHaveBeenCalledOnce();
    await values();
    // The SDK keeps the last values; nothing asks for new ones.
    expect(readings).toBe(1);
  });
});

describe('an option', () => {
  it('maps the names of queues, of which spans keep the original', async () => {
    const queueName = (queue: string): string => queue.replace(/\d+$/, '*');
    const opened = open({ queueName });
    call(opened, { outcome: 'reply' }, aCall({ queue: 'user-1' }));
    call(opened, { outcome: 'reply' }, aCall({ queue: 'user-2' }));
    call(opened, { outcome: 'pushed' }, aCall({ queue: 'user-3', kind: 'emit' }));
    const [first, second, emitted] = opened.record.spans;
    expect([first?.name, second?.name, emitted?.name]).toEqual(['user-*', 'user-*', 'send user-*']);
    expect(second?.attributes).toMatchObject({
      'rpc.method': 'user-*',
      'rpc.method_original': 'user-2',
    });
    expect(emitted?.attributes).toMatchObject({
      'messaging.destination.template': 'user-*',
      'messaging.destination.name': 'user-3',
    });
    const metrics = await opened.record.metrics();
    expect(byName(metrics, 'rpc.client.call.duration')).toMatchObject([{ value: { count: 2 } }]);
    expect(byName(metrics, 'messaging.client.sent.messages')).toMatchObject([
      { attributes: { 'messaging.destination.template': 'user-*' }, value: 1 },
    ]);
  });

  it('turns traces off, but not the trace of the caller', () => {
    const opened = open({ traces: false });
    const tracer = opened.record.tracerProvider.getTracer('test');
    const outer = tracer.startSpan('outer');
    const { headers = {} } = context.with(trace.setSpan(context.active(), outer), () =>
      call(opened, { outcome: 'reply' }),
    );
    const { traceId, spanId } = outer.spanContext();
    expect(headers).toEqual({ traceparent: `00-${traceId}-${spanId}-01` });
    let within: string | undefined;
    opened.telemetry.jobBegins?.(aJob({ headers }), () => {
      within = trace.getActiveSpan()?.spanContext().spanId;
    });
    expect(within).toBe(spanId);
    expect(opened.record.spans).toEqual([]);
  });

  it('turns metrics off', async () => {
    const opened = open({ metrics: false });
    call(opened, { outcome: 'reply' });
    run(opened, { outcome: 'reply' });
    opened.telemetry.happened?.({ ...place, type: 'outage began', message: 'gone' });
    expect([...(await opened.record.metrics()).keys()]).toEqual([]);
    expect(opened.record.spans).toHaveLength(2);
  });

  it.each<[object, string]>([
    [
      { queueName: 'reports' },
      'Expected queueName in the options of openTelemetry to be a function',
    ],
    [{ tracerProvider: {} }, 'to be a provider with the method getTracer'],
    [{ meterProvider: trace }, 'to be a provider with the method getMeter'],
    [{ traces: 1 }, 'Expected traces in the options of openTelemetry to be true or false'],
    [{ metric: false }, 'did you mean `metrics`?'],
  ])('that is wrong is refused: %o', (options, message) => {
    expect(() => openTelemetry(options)).toThrow(message);
  });

  it('that names no queue is refused where it is used', () => {
    const { telemetry } = open({ queueName: () => undefined as never });
    expect(() => telemetry.callBegins?.(aCall())).toThrow(
      'Expected what queueName of openTelemetry returns for the queue "reports" to be a non-empty string',
    );
  });
});

describe('the names of servers', () => {
  it.each<[string, Attributes]>([
    ['redis://localhost:6379/0', { 'server.address': 'localhost', 'server.port': 6379 }],
    ['rediss://[::1]:6380/1', { 'server.address': '::1', 'server.port': 6380 }],
    ['/run/redis.sock?db=0', { 'server.address': '/run/redis.sock' }],
    ['redis+sentinel://a:1,b:2/main/0', { 'server.address': 'a:1,b:2' }],
    ['redis+cluster://a:1,b:2', { 'server.address': 'a:1,b:2' }],
    ['memory://tests', { 'server.address': 'tests' }],
    ['memory://', {}],
    ['', {}],
  ])('are taken apart: %s', (server, attributes) => {
    const opened = open();
    call(opened, { outcome: 'reply' }, aCall({ server }));
    const all = opened.record.spans[0]?.attributes ?? {};
    const names = Object.entries(all).filter(([name]) => name.startsWith('server.'));
    expect(Object.fromEntries(names)).toEqual(attributes);
  });
});

it('needs no registered SDK, and hands on what came with a call', () => {
  const telemetry = openTelemetry();
  const close = telemetry.opened?.(anInstance());
  const begun = aCall();
  telemetry.callBegins?.(begun)?.({ ...begun, outcome: 'reply' });
  let hasRun = false;
  telemetry.jobBegins?.(aJob(), () => (hasRun = true))?.(aJob({ outcome: 'reply' }));
  close?.();
  expect(hasRun).toBe(true);
  expect(begun.headers).toEqual({});
  expect(propagation.fields()).toEqual(['traceparent', 'tracestate']);
});

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
