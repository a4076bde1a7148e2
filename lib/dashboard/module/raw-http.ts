import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** What Nest passes to a controller: a request of Express, which is that of Node, or one of Fastify, which has it. */
export interface FrameworkRequest {
  readonly raw?: IncomingMessage;
  readonly originalUrl?: string;
  readonly body?: unknown;
  readonly params?: Readonly<Record<string, string | undefined>>;
}

/** What Nest passes to a controller: a response of Express, which is that of Node, or a reply of Fastify, which has it. */
export interface FrameworkResponse {
  readonly raw?: ServerResponse;
  /** Leaves the answer to whoever has `raw`. */
  hijack?(): void;
  /** The headers that hooks have set, such as those of a helmet. Fastify itself would send them with the answer. */
  getHeaders?(): OutgoingHttpHeaders;
}

/** @returns the request and the response of Node. Frameworks do not answer any more then. */
export function rawHttp(request: FrameworkRequest, response: FrameworkResponse) {
  response.hijack?.();
  for (const [name, value] of Object.entries((response.raw && response.getHeaders?.()) ?? {})) {
    if (value !== undefined) {
      response.raw?.setHeader(name, value);
    }
  }
  const raw = request.raw ?? (request as IncomingMessage);
  return {
    request: raw,
    response: response.raw ?? (response as ServerResponse),
    url: request.originalUrl ?? raw.url ?? '',
    body: request.body,
  };
}
