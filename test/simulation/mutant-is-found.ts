import { expect, it } from 'vitest';
import { simulate } from './run.js';

const { MUTANT = '', MUTANT_SEED } = process.env;

it(`finds out where ${MUTANT}`, async () => {
  const { wrongs } = await simulate(Number(MUTANT_SEED));
  expect(wrongs).not.toEqual([]);
});
