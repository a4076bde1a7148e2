import { describe, expect, it } from 'vitest';
import { simulate, type Outcome } from './run.js';
import { linesAbout } from './verdict.js';

const { SIMULATION_SEEDS = '8', SIMULATION_FIRST = '1', SIMULATION_TRACE } = process.env;
const FIRST = Number(SIMULATION_FIRST);
const COUNT = Number(SIMULATION_SEEDS);

describe('simulation', () => {
  it(
    `finds nothing wrong with ${COUNT} seeds from ${FIRST} on`,
    async () => {
      for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
        const outcome = await simulate(seed);
        if (outcome.wrongs.length > 0) {
          expect.fail(storyOf(outcome));
        }
      }
    },
    COUNT * 5_000,
  );

  it('goes the same way each time', async () => {
    const { trace, steps } = await simulate(FIRST);
    const again = await simulate(FIRST);
    expect(again.trace).toEqual(trace);
    expect(again.steps).toBe(steps);
  }, 20_000);
});

/** @returns what a failed seed has to show. */
function storyOf({ seed, wrongs, trace, steps }: Outcome): string {
  const lines = SIMULATION_TRACE === 'all' ? trace : linesAbout(wrongs, trace);
  return [`seed ${seed}, ${steps} steps`, ...lines, ...wrongs.map((wrong) => `-> ${wrong}`)].join(
    '\n',
  );
}
