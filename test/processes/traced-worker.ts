/** A worker process with OpenTelemetry, which sends the spans that have ended to its parent. Serves `QUEUE`, and asks `NEXT` for jobs that say so. */
import { context, propagation } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { createReqRep } from 'nestjs-reqrep/core';
import { openTelemetry } from 'nestjs-reqrep/opentelemetry';

const { QUEUE = '', NEXT = '', REDIS_URL = '' } = process.env;

const tell = (span: ReadableSpan): void => {
  const { name, kind, attributes, status, parentSpanContext } = span;
  const { spanId, traceId } = span.spanContext();
  const parentId = parentSpanContext?.spanId;
  process.send?.({ name, kind, attributes, status, parentId, spanId, traceId });
};

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
const tracerProvider = new BasicTracerProvider({
  spanProcessors: [
    {
      onStart: () => undefined,
      onEnd: tell,
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    },
  ],
});

const { client, workers, close } = createReqRep({
  connection: REDIS_URL,
  lease: 300,
  telemetry: openTelemetry({ tracerProvider }),
});
await workers.serve(QUEUE, async (data, job) => {
  switch (data) {
    case 'next':
      return client.request(NEXT, job.headers['traceparent']);
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      return new Promise(() => undefined);
    case 'stream':
      return values();
    default:
      return data;
  }
});
process.once('SIGTERM', () => void close().then(() => process.disconnect?.()));
process.once('disconnect', () => process.exit());
process.send?.('ready');

async function* values() {
  yield* [1, 2, 3];
}
