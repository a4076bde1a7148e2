import { InvalidOptionError } from '../errors/index.js';
import { describeValue } from '../errors/value-text.js';

/** The header in which the pattern of a message travels, as Nest writes patterns: `sum`, or `{"cmd":"sum"}`. */
export const PATTERN_HEADER = 'nest-pattern';

type Headers = Readonly<Record<string, string>>;

/** @returns the pattern of a message; `undefined` for a job that no `ReqRepClient` has sent. */
export const patternIn = (headers: Headers): string | undefined => headers[PATTERN_HEADER];

/** @returns the headers without the pattern. */
export const withoutPattern = (headers: Headers): Headers =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name !== PATTERN_HEADER));

/**
 * @param route - what Nest makes of a pattern: anything but a text, a number or an object is left as it is.
 * @returns the text that travels.
 * @throws InvalidOptionError for a pattern that has no text.
 */
export function checkRoute(route: unknown, queue: string): string {
  if (typeof route === 'string') {
    return route;
  }
  throw new InvalidOptionError(
    `the pattern of a message to queue "${queue}"`,
    'a text, a number or an object',
    describeValue(route),
  );
}
