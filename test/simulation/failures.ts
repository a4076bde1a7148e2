import { setImmediate as turn } from 'node:timers/promises';
import { simulate, type Outcome } from './run.js';

/** @returns what came of those of some seeds that find something wrong, with their traces: of so many at most. */
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

/** To trace takes its time, so that it is done once it is known to be of use. */
async function replayed({ seed, steps }: Outcome): Promise<Outcome> {
  const again = await simulate(seed, { isTraced: true });
  const wrongs =
    again.steps === steps ? again.wrongs : [...again.wrongs, `took ${steps} steps before`];
  return { ...again, wrongs };
}
