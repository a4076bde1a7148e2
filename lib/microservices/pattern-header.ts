/** The header in which the pattern of a message travels, as Nest writes patterns: `sum`, or `{"cmd":"sum"}`. */
export const PATTERN_HEADER = 'nest-pattern';

type Headers = Readonly<Record<string, string>>;

/** @returns the pattern of a message; `undefined` for a job that no `ReqRepClient` has sent. */
export const patternIn = (headers: Headers): string | undefined => headers[PATTERN_HEADER];

/** @returns the headers without the pattern. */
export const withoutPattern = (headers: Headers): Headers =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name !== PATTERN_HEADER));
