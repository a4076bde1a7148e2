import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { hrTimeToMilliseconds } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import type { TracedSpan } from './traced-span.js';

/** The least HTTP status that says that a request went wrong. */
const LEAST_HTTP_ERROR = 400;

/** Describes a span for the terminal. @param process - the name of its process. */
export function describeSpan(span: ReadableSpan, process: string): TracedSpan {
  const { name, kind, attributes, status } = span;
  const { traceId, spanId } = span.spanContext();
  return {
    traceId,
    spanId,
    parentId: span.parentSpanContext?.spanId,
    process,
    kind: SpanKind[kind],
    name,
    startedAt: hrTimeToMilliseconds(span.startTime),
    duration: hrTimeToMilliseconds(span.duration),
    attempt: numberOf(attributes['nestjs_reqrep.delivery.attempt']),
    values: numberOf(attributes['nestjs_reqrep.stream.values']),
    status: badStatus(attributes),
    isError: status.code === SpanStatusCode.ERROR,
    message: status.message,
  };
}

function badStatus(attributes: ReadableSpan['attributes']): string | undefined {
  const ofHttp = numberOf(attributes['http.response.status_code']) ?? 0;
  if (ofHttp >= LEAST_HTTP_ERROR) {
    return String(ofHttp);
  }
  const ofCall = attributes['rpc.status_code'];
  return typeof ofCall === 'string' && ofCall !== 'OK' ? ofCall : undefined;
}

const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' ? value : undefined;
