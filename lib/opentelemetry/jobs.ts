import { context, propagation, ROOT_CONTEXT, SpanKind, trace, type Span } from '@opentelemetry/api';
import type { JobMessage } from '../telemetry/job-message.js';
import { ATTRIBUTES } from './attribute-names.js';
import { describeEnd } from './describe-end.js';
import { endOfJob, OK, recordable } from './ends.js';
import type { TelemetryParts } from './telemetry-parts.js';

/** Runs a job in the context that came with it, within a span of its own, and returns what ends that. */
export function beginJob(
  { tracer, labels, instruments }: TelemetryParts,
  job: JobMessage,
  run: () => void,
): (job: JobMessage) => void {
  const ofQueue = labels.ofQueue(job, job.queue);
  const isRequest = job.kind === 'request';
  // Nothing of the worker's own context: what a job is part of came with it.
  const caller = propagation.extract(ROOT_CONTEXT, job.headers);
  const span = isRequest
    ? tracer?.startSpan(
        ofQueue.name,
        { kind: SpanKind.SERVER, attributes: ofQueue.request },
        caller,
      )
    : tracer?.startSpan(
        ofQueue.processName,
        { kind: SpanKind.CONSUMER, attributes: ofQueue.process },
        caller,
      );
  if (span?.isRecording()) {
    describeStart(span, job);
  }
  if (job.waited !== undefined) {
    instruments?.wait.record(job.waited / 1_000, ofQueue.own);
  }
  if (!isRequest) {
    instruments?.consumed.add(1, ofQueue.processEnds.of(OK));
  }
  const startedAt = instruments ? performance.now() : 0;
  context.with(span ? trace.setSpan(caller, span) : caller, run);
  return (ended) => {
    const end = endOfJob(ended);
    if (instruments) {
      const duration = (performance.now() - startedAt) / 1_000;
      if (isRequest) {
        instruments.serverDuration.record(duration, ofQueue.serverEnds.of(end));
      } else {
        instruments.processDuration.record(duration, ofQueue.processEnds.of(end));
      }
    }
    if (span?.isRecording()) {
      describeEnd(span, ended, end);
      if (end.isError) {
        span.recordException(recordable(ended.error));
      }
    }
    span?.end();
  };
}

function describeStart(span: Span, { kind, id, handler, attempt, waited }: JobMessage): void {
  span.setAttribute(ATTRIBUTES.jobId, String(id));
  span.setAttribute(ATTRIBUTES.functionName, handler);
  span.setAttribute(ATTRIBUTES.attempt, attempt);
  if (kind === 'emit') {
    span.setAttribute(ATTRIBUTES.messagingId, String(id));
  }
  if (waited !== undefined) {
    span.setAttribute(ATTRIBUTES.wait, waited / 1_000);
  }
}
