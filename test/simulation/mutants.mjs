/** `npm run test:mutants`: a seed has to find each mutant. `-- --only TEXT`: only mutants whose names contain the text. */
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
    // Most seeds that are tried for each mutant, from 1 on.
    seeds: { type: 'string', default: '10000' },
  },
});
const mutants = MUTANTS.filter(({ name }) => name.includes(values.only));
for (const { file, text } of mutants) {
  const source = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
  if (source.split(text).length !== 2) {
    throw new Error(
      `${file} contains "${text}" ${source.split(text).length - 1} times, expected once: correct the mutant in mutants.ts`,
    );
  }
}

const found = new Map();
const left = [...mutants];

async function findSome() {
  for (let mutant = left.shift(); mutant; mutant = left.shift()) {
    const count = Number(values.seeds);
    const [failure] = await failuresOfMany({ first: 1, count, threads: 1, mutant });
    found.set(mutant, failure);
    console.error(`${failure ? `seed ${failure.seed}` : 'NO SEED'} finds: ${mutant.name}`);
    console.error(
      failure?.wrongs
        .slice(0, 2)
        .map((wrong) => `  ${wrong}`)
        .join('\n') ?? '',
    );
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, findSome));

console.log('| bug | first seed that finds it |\n| --- | --- |');
for (const mutant of mutants) {
  console.log(`| ${mutant.name} | ${found.get(mutant)?.seed ?? 'NONE'} |`);
}
process.exit(mutants.every((mutant) => found.get(mutant)) ? 0 : 1);
