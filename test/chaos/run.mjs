/** `npm run test:chaos -- --minutes 10 --seed 42`: the fault suite, for as long as one likes. */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { minutes: { type: 'string' }, seed: { type: 'string' } },
});
const { status } = spawnSync('npx', ['--no-install', 'vitest', 'run', 'test/chaos'], {
  stdio: 'inherit',
  env: {
    ...process.env,
    ...(values.minutes === undefined ? {} : { CHAOS_MINUTES: values.minutes }),
    ...(values.seed === undefined ? {} : { CHAOS_SEED: values.seed }),
  },
});
process.exit(status ?? 1);
