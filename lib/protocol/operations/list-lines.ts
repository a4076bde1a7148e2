import { parseClientLine, type LineIdentity } from '../wire/line-identity.js';

/** Reads which of some lines the server still has, by their ids. What is returned does not name the server. */
export const listLines = {
  name: 'listLines',
  command: 'client',
  keys: () => [],
  args: (ids: readonly number[]) => ['LIST', 'ID', ...ids],
  read: (answer: unknown): LineIdentity[] =>
    String(answer)
      .split('\n')
      .flatMap((line) => parseClientLine(line, undefined) ?? []),
};
