/** `npm run test:simulation -- --seeds 1000 --first 42`: the simulation with any number of seeds, on all cores. */
import { register } from 'node:module';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

register('./typescript-hooks.mjs', import.meta.url);
const { failuresOfMany } = await import('./many-seeds.ts');
const { reportOf } = await import('./failure-report.ts');

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    first: { type: 'string', default: '1' },
    // How many failed seeds are reported before it ends.
    failures: { type: 'string', default: '1' },
    // `all`: a failed seed shows its whole trace, and not only the lines about what is wrong.
    trace: { type: 'string' },
  },
});
const count = Number(values.seeds);
const first = Number(values.first);
const start = performance.now();
const isTerminal = process.stdout.isTTY;
const failures = await failuresOfMany({
  first,
  count,
  mostFailures: Number(values.failures),
  onProgress: (done) => isTerminal && process.stdout.write(`\r${done} of ${count} seeds`),
});
const seconds = (performance.now() - start) / 1000;
if (isTerminal) {
  process.stdout.write('\r');
}
for (const failure of failures) {
  console.log(reportOf(failure, { isWhole: values.trace === 'all' }));
}
if (failures.length > 0) {
  process.exit(1);
}
console.log(
  `Nothing wrong with ${count} seeds from ${first} on: ${(count / seconds).toFixed(0)} seeds/s ` +
    `in ${seconds.toFixed(0)} s on ${availableParallelism()} cores`,
);
