import { expect, it } from 'vitest';
import { simulate } from './run.js';

const { MUTANT = '' } = process.env;

/** So many seeds are tried at most. */
const MOST_SEEDS = 40;

it(`finds out where ${MUTANT}`, async () => {
  for (let seed = 1; seed <= MOST_SEEDS; seed++) {
    const { wrongs } = await simulate(seed);
    if (wrongs.length > 0) {
      process.stdout.write(`Seed ${seed} finds out where ${MUTANT}\n`);
      return;
    }
  }
  expect.fail(`None of ${MOST_SEEDS} seeds finds out where ${MUTANT}`);
});
