import { trace, type Context, type Span } from '@opentelemetry/api';

// Most spans are not sampled, and nothing is done for them but to pass the decision on.

/** @returns the span if it is recorded: no other is kept until the end of its call or job. */
export const recorded = (span: Span | undefined): Span | undefined =>
  span?.isRecording() ? span : undefined;

/**
 * Puts a span into a context. A span that is not recorded is left out where the context already has its trace and the same decision: a
 * context costs more than such a span.
 */
export function contextWith(span: Span | undefined, context: Context): Context {
  if (!span || (!span.isRecording() && decidesAlike(span, trace.getSpan(context)))) {
    return context;
  }
  return trace.setSpan(context, span);
}

function decidesAlike(span: Span, parent: Span | undefined): boolean {
  const own = span.spanContext();
  const given = parent?.spanContext();
  return (
    own.traceId === given?.traceId &&
    own.traceFlags === given.traceFlags &&
    own.traceState === given.traceState
  );
}
