import { context, propagation, ROOT_CONTEXT, type Span } from '@opentelemetry/api';
import type { JobMessage } from '../telemetry/job-message.js';
import { ATTRIBUTES } from './attribute-names.js';
import { describeEnd } from './describe-end.js';
import { endOfJob, OK, recordable } from './ends.js';
import type { TelemetryParts } from './telemetry-parts.js';
import { contextWith, recorded } from './unsampled.js';

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
  const { name, options } = isRequest ? ofQueue.handle : ofQueue.process;
  const begun = tracer?.startSpan(name, options, caller);
  const span = recorded(begun);
  if (span) {
    describeStart(span, job);
  }
  if (job.waited !== undefined) {
    instruments?.wait.record(job.waited / 1_000, ofQueue.own);
  }
  if (!isRequest) {
    instruments?.consumed.add(1, ofQueue.processEnds.of(OK));
  }
  const startedAt = instruments ? performance.now() : 0;
  context.with(contextWith(begun, caller), run);
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
