/** `npm run test:chaos -- --minutes 10 --seed 42 --seeds 3`: the fault suite, for as long and as often as one likes. */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    // The first of them.
    seed: { type: 'string' },
    seeds: { type: 'string' },
    // Names of faults, with commas between; else all.
    only: { type: 'string' },
  },
});
const variables = {
  CHAOS_MINUTES: values.minutes,
  CHAOS_SEED: values.seed,
  CHAOS_SEEDS: values.seeds,
  CHAOS_ONLY: values.only,
};
const given = Object.entries(variables).filter(([, value]) => value !== undefined);
const { status } = spawnSync('npx', ['--no-install', 'vitest', 'run', 'test/chaos'], {
  stdio: 'inherit',
  env: { ...process.env, ...Object.fromEntries(given) },
});
process.exit(status ?? 1);
