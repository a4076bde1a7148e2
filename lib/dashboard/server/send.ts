import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Headers of every answer. They replace what the application has set before. */
const SAFETY_HEADERS: OutgoingHttpHeaders = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** Sets the status and the headers of an answer. */
export function setHead(
  response: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders,
): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries({ ...SAFETY_HEADERS, ...headers })) {
    if (value !== undefined) {
      response.setHeader(name, value);
    }
  }
}

/** Answers with a text. Node leaves the body out of an answer to `HEAD`. */
export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: OutgoingHttpHeaders,
): void {
  setHead(response, status, { 'Content-Length': Buffer.byteLength(text), ...headers });
  response.end(text);
}

/** Answers with a value as JSON, which nobody may keep. */
export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: OutgoingHttpHeaders = {},
): void {
  sendText(response, status, JSON.stringify(value), {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
    ...headers,
  });
}
