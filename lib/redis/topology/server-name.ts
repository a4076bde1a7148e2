import type { RedisOptions } from 'ioredis';

const DEFAULT_HOST = 'localhost';
const DEFAULT_PORT = 6_379;
const DEFAULT_SENTINEL_PORT = 26_379;

/**
 * Names the server of ioredis options, without the user and the password: `redis://localhost:6379/0`, `rediss://...` for TLS,
 * `/run/redis.sock?db=0` for a Unix socket, and `redis+sentinel://first:26379,second:26379/main/0` for the primary that the Sentinels
 * call `main`.
 */
export function serverName(options: Readonly<RedisOptions>): string {
  const { path, sentinels, host, port, name, tls } = options;
  const database = options.db ?? 0;
  if (sentinels) {
    const places = sentinels.map((each) => place(each.host, each.port ?? DEFAULT_SENTINEL_PORT));
    return `redis+sentinel://${places.join(',')}/${name}/${database}`;
  }
  return path
    ? `${path}?db=${database}`
    : `${tls ? 'rediss' : 'redis'}://${place(host, port ?? DEFAULT_PORT)}/${database}`;
}

/** Writes host and port as in a URL, with an IPv6 address in brackets. */
function place(host = DEFAULT_HOST, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
