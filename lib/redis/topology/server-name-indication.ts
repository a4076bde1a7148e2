import { isIP } from 'node:net';
import type { RedisOptions } from 'ioredis';
import { isRecord } from '../../errors/value-text.js';
import { mappedBy, type NatMap } from './nat-map.js';

/** An address, with the name that its certificate has to be for. */
interface NamedAddress {
  readonly host: string;
  readonly port: number;
  readonly servername?: string;
}

/**
 * @returns TLS options with the host as the name by which the server chooses its certificate (SNI), unless a name is set or the host is
 *   an IP address, for which TLS allows none. Neither Node nor ioredis sets that name.
 */
export function tlsFor(tls: RedisOptions['tls'], host: string | undefined): RedisOptions['tls'] {
  return tls ? { ...nameOf(host), ...(isRecord(tls) ? tls : {}) } : tls;
}

const nameOf = (host = 'localhost'): { servername?: string } =>
  isIP(host) === 0 ? { servername: host } : {};

/** Sets the name, for a server alone or a primary that Sentinels name. Changes the options in place: parts of the `Redis` hold the same object. */
export function setServerName(options: RedisOptions): void {
  if (!options.tls || options.path) {
    return;
  }
  if (options.sentinels) {
    options.natMap = withNames(options.natMap);
  } else {
    options.tls = tlsFor(options.tls, options.host);
  }
}

/**
 * Adds the name to each address that Sentinels name: ioredis connects by TLS with all that a `natMap` returns. The map is a function with
 * the entries of the given one, because an older ioredis reads only entries.
 */
function withNames(natMap: NatMap | undefined): NatMap {
  const lookUp = (key: string): NamedAddress => {
    return named(mappedBy(natMap, key) ?? addressOf(key));
  };
  const entries = Object.entries(natMap ?? {}).map(([key, address]) => [key, named(address)]);
  return Object.assign(lookUp, Object.fromEntries(entries)) as NatMap;
}

const named = (address: NamedAddress): NamedAddress => ({ ...nameOf(address.host), ...address });

function addressOf(key: string): NamedAddress {
  const colon = key.lastIndexOf(':');
  return { host: key.slice(0, colon), port: Number(key.slice(colon + 1)) };
}
