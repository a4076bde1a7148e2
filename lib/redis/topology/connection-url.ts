import { InvalidOptionError } from '../../errors/index.js';

/** Matches the part between `redis://` and the database or the query: `user:password@host:port`. */
const AUTHORITY = /^rediss?:\/\/([^/?#]*)/;

/** Matches a host, or an IPv6 address in brackets, with an optional port. */
const HOST_AND_PORT = /^(?:\[[\da-f:.%]*\]|[^:[\]]*)(?::(?<port>\d*))?$/i;

const MAX_PORT = 65_535;

const ENCODING_ADVICE = '(percent-encode `/?#@:%` in the user and the password)';

/**
 * @returns whether a text is a Redis URL.
 * @throws InvalidOptionError for a URL that cannot be parsed, or that ioredis would misread. The message shows nothing of the URL,
 *   because what looks like a port may be part of the password.
 */
export function isRedisUrl(text: string): boolean {
  const authority = AUTHORITY.exec(text)?.[1];
  if (authority === undefined) {
    return false;
  }
  const place = HOST_AND_PORT.exec(authority.slice(authority.lastIndexOf('@') + 1));
  if (!place || !isPort(place.groups?.['port'])) {
    const expected = `an integer from 1 to ${MAX_PORT} after the host in the URL`;
    throw new InvalidOptionError(
      'port of the connection',
      expected,
      `something else ${ENCODING_ADVICE}`,
    );
  }
  checkParts(read(text));
  return true;
}

/** Whether a URL has a port that can be connected to, or none: ioredis takes its default then. */
const isPort = (digits = ''): boolean =>
  digits === '' || (Number(digits) >= 1 && Number(digits) <= MAX_PORT);

function checkParts(url: URL | undefined): void {
  if (url === undefined || url.hash !== '') {
    throw new InvalidOptionError(
      'connection',
      'a URL such as redis://user:password@host:port/database',
      `${url ? 'a URL with a `#`' : 'a URL that cannot be parsed'} ${ENCODING_ADVICE}`,
    );
  }
  const hasPath = url.pathname.length > 1;
  if (!/^\/?\d*$/.test(url.pathname)) {
    const expected = 'a database number and nothing else after the `/` of the URL';
    throw new InvalidOptionError('db of the connection', expected, 'something else');
  }
  if (hasPath && url.searchParams.has('db')) {
    const received = 'one after the `/` and one after the `?`';
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
