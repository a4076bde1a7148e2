/** `npm run test:simulation -- --seeds 1000 --first 42`: as many seeds as one likes. */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    first: { type: 'string' },
    // `all`: a failing seed shows all that happened, and not only what is about what went wrong.
    trace: { type: 'string' },
  },
});
const variables = {
  SIMULATION_SEEDS: values.seeds,
  SIMULATION_FIRST: values.first,
  SIMULATION_TRACE: values.trace,
};
const given = Object.entries(variables).filter(([, value]) => value !== undefined);
const { status } = spawnSync(
  'npx',
  ['--no-install', 'vitest', 'run', '--project', 'simulation', 'test/simulation'],
  { stdio: 'inherit', env: { ...process.env, ...Object.fromEntries(given) } },
);
process.exit(status ?? 1);
