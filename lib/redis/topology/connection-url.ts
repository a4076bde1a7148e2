import { InvalidOptionError } from '../../errors/index.js';

/** What stands between `redis://` and the database, the query or the end: `user:password@` and the place. */
const AUTHORITY = /^rediss?:\/\/([^/?#]*)/;

/** A host, or an address of IPv6 in brackets, and perhaps a port. */
const PLACE = /^(?:\[[\da-f:.%]*\]|[^:[\]]*)(?::(?<port>\d*))?$/i;

const MOST_PORT = 65_535;

const ENCODED = '(in a user or a password, any of `/?#@:%` is percent-encoded)';

/**
 * @returns whether a text is a URL of Redis.
 * @throws InvalidOptionError for one that cannot be read, or that ioredis would take for another one than it is. It shows
 *   nothing of the URL: what looks like a port may be a part of the password.
 */
export function isRedisUrl(text: string): boolean {
  const authority = AUTHORITY.exec(text)?.[1];
  if (authority === undefined) {
    return false;
  }
  const place = PLACE.exec(authority.slice(authority.lastIndexOf('@') + 1));
  if (!place || Number(place.groups?.['port'] ?? 0) > MOST_PORT) {
    const expected = `a number from 0 to ${MOST_PORT} behind the host of the URL`;
    throw new InvalidOptionError('port of the connection', expected, `another text ${ENCODED}`);
  }
  checkParts(read(text));
  return true;
}

function checkParts(url: URL | undefined): void {
  if (url === undefined || url.hash !== '') {
    throw new InvalidOptionError(
      'connection',
      'a URL such as redis://user:password@host:port/database',
      `${url ? 'one with a `#`' : 'one that cannot be read'} ${ENCODED}`,
    );
  }
  const hasPath = url.pathname.length > 1;
  if (!/^\/?\d*$/.test(url.pathname)) {
    const expected = 'the number of a database, which is all that stands behind the `/` of the URL';
    throw new InvalidOptionError('db of the connection', expected, 'another text');
  }
  if (hasPath && url.searchParams.has('db')) {
    const received = 'one behind the `/` and one behind the `?`';
    throw new InvalidOptionError('db of the connection', 'given once in the URL', received);
  }
}

function read(text: string): URL | undefined {
  try {
    const url = new URL(text);
    decodeURIComponent(url.username + url.password);
    return url;
  } catch {
    return undefined;
  }
}
