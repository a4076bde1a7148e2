import { asideOf } from '../protocol/keys.js';
import { settleJobs, type SettledJobs, type SettleJobs } from '../protocol/scripts/settle-jobs.js';
import type { Connection } from '../redis/connection.js';

/**
 * Settles jobs with what is long beside the script, in one transaction with it: Lua hashes each byte of what passes
 * through it.
 * @throws what Redis refuses it with. Nothing was settled then, but jobs may have been taken.
 */
export async function settleInTransaction(
  connection: Connection,
  input: SettleJobs,
): Promise<SettledJobs> {
  const { groups, isRepeated } = input;
  const { lua, read } = settleJobs;
  const scripted = { ...input, takes: input.takes.filter(({ isLong }) => !isLong) };
  const keys = settleJobs.keys(scripted);
  const answers = await connection.transaction((redis) => [
    ...groups.flatMap(({ list, frames }) => [
      redis.rename(list, asideOf(list)),
      redis.rpush(asideOf(list), ...frames),
    ]),
    // By its text: a server that had forgotten it would leave the lists aside.
    redis.eval(lua, keys.length, ...keys, ...settleJobs.args(scripted)),
    ...input.takes.map(({ requests, slot, isLong }) =>
      isLong && !isRepeated
        ? redis.lmove(requests, slot, 'LEFT', 'LEFT')
        : redis.lrange(slot, 0, -1),
    ),
  ]);
  const [[error, answer] = [], ...taken] = answers.slice(2 * groups.length);
  if (error) {
    throw error;
  }
  const settled = read(answer);
  return 'missing' in settled
    ? settled
    : { jobs: taken.map(([, jobs]) => [jobs ?? []].flat() as string[]) };
}
