import { setImmediate as turn } from 'node:timers/promises';
import { simulate, type Outcome } from './simulate.js';

/** @returns the outcomes of the seeds that fail, with their traces. @param most - how many outcomes at most. */
export async function failuresOf(first: number, count: number, most: number): Promise<Outcome[]> {
  const failures: Outcome[] = [];
  for (let seed = first; seed < first + count && failures.length < most; seed++) {
    const outcome = await simulate(seed);
    if (outcome.wrongs.length > 0) {
      failures.push(await replayed(outcome));
    }
    await turn();
  }
  return failures;
}

/** Runs a failed seed again with its trace, which would make every seed slow. */
async function replayed({ seed, steps }: Outcome): Promise<Outcome> {
  const again = await simulate(seed, { isTraced: true });
  const wrongs =
    again.steps === steps ? again.wrongs : [...again.wrongs, `took ${steps} steps before`];
  return { ...again, wrongs };
}
