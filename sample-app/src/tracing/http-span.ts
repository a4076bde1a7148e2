import type { IncomingMessage, ServerResponse } from 'node:http';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

/** The least HTTP status that is a fault of the server. */
const LEAST_SERVER_ERROR = 500;

/**
 * Makes a middleware with a span of each HTTP request to a route, within which the request is handled: what an instrumentation of HTTP does.
 * The span ends with the response, also where the client disconnects.
 */
export const httpSpans =
  (route: string) =>
  ({ method = '' }: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const span = trace.getTracer('sample').startSpan(`${method} ${route}`, {
      kind: SpanKind.SERVER,
      attributes: { 'http.request.method': method, 'http.route': route },
    });
    response.once('close', () => {
      span.setAttribute('http.response.status_code', response.statusCode);
      if (response.statusCode >= LEAST_SERVER_ERROR) {
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    });
    context.with(trace.setSpan(context.active(), span), next);
  };
