/**
 * @param log - the answer to `ACL LOG`.
 * @returns what was refused to users, but what ioredis does without: it tells its name by `CLIENT SETINFO`. Redis 6.2 logs no
 * subcommands.
 */
export const refusalsIn = (log: unknown): string[] =>
  (log as unknown[][])
    .map((entry) => entry.slice(0, 10).join(' '))
    .filter((text) => !/ object client(?:\|setinfo)? /.test(text));
