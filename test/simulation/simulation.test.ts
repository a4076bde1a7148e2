import { expect, it } from 'vitest';
import { failuresOfMany } from './many-seeds.js';
import { simulate } from './simulate.js';
import { reportOf } from './failure-report.js';

const FIRST = 1;
const COUNT = 1_200;

it(`finds nothing wrong with ${COUNT} seeds`, async () => {
  const failures = await failuresOfMany({ first: FIRST, count: COUNT, threads: 2 });
  expect(failures.map((failure) => reportOf(failure)).join('\n')).toBe('');
}, 600_000);

it('a seed takes the same steps each time', async () => {
  for (let seed = FIRST; seed < FIRST + 5; seed++) {
    const { trace, steps } = await simulate(seed, { isTraced: true });
    const again = await simulate(seed, { isTraced: true });
    expect(again.trace).toEqual(trace);
    expect((await simulate(seed)).steps).toBe(steps);
  }
}, 20_000);
