import {
  context,
  isSpanContextValid,
  propagation,
  trace,
  type Context,
  type Span,
} from '@opentelemetry/api';
import type { CallMessage } from '../telemetry/call-message.js';
import { ATTRIBUTES } from './attribute-names.js';
import { describeEnd } from './describe-end.js';
import { endOfCall } from './ends.js';
import type { TelemetryParts } from './telemetry-parts.js';
import { contextWith, recorded } from './unsampled.js';

/** Begins the span of a call, puts its context into the headers of the job, and returns what ends it. */
export function beginCall(
  { tracer, labels, instruments }: TelemetryParts,
  call: CallMessage,
): (call: CallMessage) => void {
  const ofQueue = labels.ofQueue(call, call.queue);
  const isRequest = call.kind === 'request';
  const caller = context.active();
  const { name, options } = isRequest ? ofQueue.request : ofQueue.send;
  const begun = tracer?.startSpan(name, options, caller);
  if (call.headers) {
    inject(contextWith(begun, caller), call.headers);
  }
  const span = recorded(begun);
  const startedAt = instruments && isRequest ? performance.now() : 0;
  return (ended) => {
    const end = endOfCall(ended);
    if (instruments && isRequest) {
      const duration = (performance.now() - startedAt) / 1_000;
      instruments.clientDuration.record(duration, ofQueue.clientEnds.of(end));
    } else if (ended.outcome !== 'cancelled') {
      instruments?.sent.add(1, ofQueue.sendEnds.of(end));
    }
    if (span?.isRecording()) {
      describe(span, ended);
      describeEnd(span, ended, end);
    }
    span?.end();
  };
}

/** Writes the context into headers, and takes out what belongs to another trace: headers of a job are inherited by its requests. */
function inject(from: Context, headers: Record<string, string>): void {
  const span = trace.getSpanContext(from);
  if (headers['tracestate'] !== undefined && span && isSpanContextValid(span)) {
    delete headers['tracestate'];
  }
  propagation.inject(from, headers);
}

function describe(span: Span, { kind, id }: CallMessage): void {
  span.setAttribute(ATTRIBUTES.jobId, id);
  if (kind === 'emit') {
    span.setAttribute(ATTRIBUTES.messagingId, id);
  }
}
