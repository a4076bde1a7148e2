import { parkedListOf } from '../keys.js';
import { settleJobs, type SettledJobs, type SettleJobs } from './settle-jobs.js';
import { renameKey } from './keys.js';
import { moveHead, pushToList, readList } from './lists.js';

/** What a step of a transaction is, and what came of it. */
type Result = PromiseSettledResult<unknown>;

/**
 * Settles jobs with what is long beside the script, in one transaction with it: Lua hashes each byte of what passes
 * through it. Where it is refused, nothing was settled, but jobs may have been taken.
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

/** What could not be read holds no jobs. */
const jobsOf = (result: Result): unknown =>
  result.status === 'fulfilled' ? (result.value ?? []) : [];
