/** A worker process with OpenTelemetry, which sends the spans that have ended to its parent, and that of a job that kills it before. Serves `QUEUE`, and asks `NEXT` for jobs that say so. */
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { createReqRep } from 'nestjs-reqrep/core';
import { openTelemetry } from 'nestjs-reqrep/opentelemetry';

const { QUEUE = '', NEXT = '', REDIS_URL = '' } = process.env;

const tell = (span: ReadableSpan, whenTold?: () => void): void => {
  const { name, kind, attributes, status, parentSpanContext } = span;
  const { spanId, traceId } = span.spanContext();
  const parentId = parentSpanContext?.spanId;
  const message = { name, kind, attributes, status, parentId, spanId, traceId };
  process.send?.(message, undefined, undefined, whenTold);
};

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
const tracerProvider = new BasicTracerProvider({
  spanProcessors: [
    {
      onStart: () => undefined,
      onEnd: (span) => tell(span),
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
      // The span of this job never ends.
      tell(activeSpan(), () => process.kill(process.pid, 'SIGKILL'));
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

/** @returns the span around the handler, as the SDK has it. */
function activeSpan(): ReadableSpan {
  const span = trace.getActiveSpan();
  if (!span || !('attributes' in span)) {
    throw new Error('Expected a span of the SDK around the handler');
  }
  return span as typeof span & ReadableSpan;
}

async function* values() {
  yield* [1, 2, 3];
}
