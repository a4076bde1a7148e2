import { parseClientLine, type LineIdentity } from '../wire/line-identity.js';

/** Lists the lines with some ids that the server still has. The result does not name the server. */
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
