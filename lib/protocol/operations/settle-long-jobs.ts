import { parkedListOf } from '../keys.js';
import { settleJobs, type SettledJobs, type SettleJobs } from './settle-jobs.js';
import { renameKey } from './keys.js';
import { moveHead, pushToList, readList } from './lists.js';

/** The result of one command of a transaction. */
type Result = PromiseSettledResult<unknown>;

/** Script that changes nothing. */
const doNothing = {
  name: 'reqrepDoNothing',
  lua: 'return 1',
  keys: (key: string) => [key],
  args: () => [],
  read: () => undefined,
};

/**
 * Settles jobs with long replies or takes long jobs: commands in one transaction with the script move them, since Lua hashes each
 * byte that it sees. If Redis refuses it, nothing was settled, but jobs may have been taken.
 */
export const settleLongJobs = {
  name: 'settleLongJobs',
  steps: (input: SettleJobs) => [
    ...input.groups.flatMap(({ list, frames }) => [
      { operation: renameKey, input: { key: list, to: parkedListOf(list) } },
      { operation: pushToList, input: { list: parkedListOf(list), elements: frames } },
    ]),
    {
      operation: settleJobs,
      input: { ...input, takes: input.takes.filter(({ isLong }) => !isLong) },
    },
    ...input.takes.map(({ requests, slot, isLong }) =>
      isLong && !input.isRepeated
        ? { operation: moveHead, input: { from: requests, to: slot } }
        : { operation: readList, input: { list: slot, first: 0, last: -1 } },
    ),
  ],
  /** To rename a key to its own name changes nothing. It fails when carried out if there is no such key, which does not matter. */
  trial: ({ groups, takes }: SettleJobs) => {
    const key = groups[0] ? parkedListOf(groups[0].list) : (takes[0]?.slot ?? '');
    return [
      { operation: renameKey, input: { key, to: key } },
      { operation: doNothing, input: key },
    ];
  },
  asScript: {
    script: settleJobs,
    inputOf: (input: SettleJobs): SettleJobs => ({ ...input, bypassesLua: false }),
  },
  read: (results: readonly Result[], { groups }: SettleJobs): SettledJobs => {
    const [settled, ...taken] = results.slice(2 * groups.length);
    const output = outputOf(settled) as SettledJobs;
    return 'missing' in output
      ? output
      : { jobs: taken.map((result) => [jobsOf(result)].flat() as string[]) };
  },
};

function outputOf(result: Result | undefined): unknown {
  if (result?.status !== 'fulfilled') {
    throw result?.reason ?? new Error('The transaction was not carried out');
  }
  return result.value;
}

/** Returns the jobs of one take; none where the command failed. */
const jobsOf = (result: Result): unknown =>
  result.status === 'fulfilled' ? (result.value ?? []) : [];
