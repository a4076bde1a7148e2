import type { Attributes } from '@opentelemetry/api';
import { ATTRIBUTES } from './attribute-names.js';

/**
 * Reads address and port of the name of a server, such as `redis://localhost:6379/0`. A Unix socket has its path for an address, several
 * hosts (Sentinel, Cluster) the list of them, as it is.
 */
export function serverAttributes(server: string): Attributes {
  if (server.startsWith('/')) {
    return { [ATTRIBUTES.serverAddress]: server.split('?', 1)[0] };
  }
  const hosts = /^[a-z+]+:\/\/([^/?]+)/.exec(server)?.[1];
  if (hosts === undefined) {
    return {};
  }
  const [, bracketed, host = bracketed, port] =
    /^(?:\[([^\]]+)\]|([^:,]+)):(\d+)$/.exec(hosts) ?? [];
  return host === undefined
    ? { [ATTRIBUTES.serverAddress]: hosts }
    : { [ATTRIBUTES.serverAddress]: host, [ATTRIBUTES.serverPort]: Number(port) };
}
