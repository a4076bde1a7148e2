import { SpanStatusCode, type Span } from '@opentelemetry/api';
import { messageOf } from '../errors/error-text.js';
import type { CallMessage } from '../telemetry/call-message.js';
import type { JobMessage } from '../telemetry/job-message.js';
import { ATTRIBUTES } from './attribute-names.js';
import type { End } from './ends.js';

/** Writes into a span how its call or its job has ended. */
export function describeEnd(
  span: Span,
  { kind, outcome, error, values }: CallMessage | JobMessage,
  { status, isError }: End,
): void {
  span.setAttribute(ATTRIBUTES.outcome, outcome ?? (isError ? 'failed' : 'cancelled'));
  if (kind === 'request') {
    span.setAttribute(ATTRIBUTES.rpcStatus, status);
  }
  if (values !== undefined) {
    span.setAttribute(ATTRIBUTES.values, values);
  }
  if (isError) {
    span.setAttribute(ATTRIBUTES.errorType, status);
    span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
  }
}
