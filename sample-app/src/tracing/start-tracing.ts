import { ExportResultCode } from '@opentelemetry/core';
import {
  NodeTracerProvider,
  SimpleSpanProcessor,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-node';
import { describeSpan } from './describe-span.js';
import type { TracedSpan } from './traced-span.js';

/**
 * Registers a tracer for this process, as an application does before it starts, and the async context that carries spans.
 * @param process - the name of this process.
 * @param onSpan - is called with each span that has ended. An application has an exporter of OTLP in its place.
 */
export function startTracing(process: string, onSpan: (span: TracedSpan) => void): void {
  const exporter: SpanExporter = {
    export: (spans, done) => {
      spans.forEach((span) => onSpan(describeSpan(span, process)));
      done({ code: ExportResultCode.SUCCESS });
    },
    shutdown: () => Promise.resolve(),
  };
  new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();
}
