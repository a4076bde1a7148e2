/** `npm run test:mutants`: each mutant has to be found by a seed. `-- --only TEXT`: those in whose names a text stands. */
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

register('./typescript-hooks.mjs', import.meta.url);
const { failuresOfMany } = await import('./many-seeds.ts');
const { MUTANTS } = await import('./mutants.ts');

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    // How many are tried at most, from 1 on.
    seeds: { type: 'string', default: '10000' },
  },
});
const mutants = MUTANTS.filter(({ name }) => name.includes(values.only));
for (const { file, text } of mutants) {
  const source = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
  if (source.split(text).length !== 2) {
    throw new Error(`"${text}" does not stand in ${file} just once`);
  }
}

const found = new Map();
const left = [...mutants];
async function findSome() {
  for (let mutant = left.shift(); mutant; mutant = left.shift()) {
    const count = Number(values.seeds);
    const [failure] = await failuresOfMany({ first: 1, count, threads: 1, mutant });
    found.set(mutant, failure);
    console.error(`${failure ? `seed ${failure.seed}` : 'NO SEED'} finds out where ${mutant.name}`);
    console.error(
      failure?.wrongs
        .slice(0, 2)
        .map((wrong) => `  ${wrong}`)
        .join('\n') ?? '',
    );
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, findSome));

console.log('| what is broken | the first seed that finds it |\n| --- | --- |');
for (const mutant of mutants) {
  console.log(`| ${mutant.name} | ${found.get(mutant)?.seed ?? 'NONE'} |`);
}
process.exit(mutants.every((mutant) => found.get(mutant)) ? 0 : 1);
