/** Lets Node load TypeScript, and the library as a mutant has it: far quicker to start and to run than within a test runner. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import typescript from 'typescript';

const { transpileModule, ModuleKind, ScriptTarget } = typescript;
const compilerOptions = { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 };

let mutant;

/** @param data - what is to be broken, if anything is. */
export function initialize(data) {
  mutant = data;
}

/** Sources name each other by what they are compiled to. */
export async function resolve(specifier, context, next) {
  const isSource = /^\.{1,2}\/.*\.js$/.test(specifier) && context.parentURL?.endsWith('.ts');
  return next(isSource ? specifier.replace(/\.js$/, '.ts') : specifier, context);
}

/** Compiles one source by itself, without a look at its types. */
export async function load(url, context, next) {
  if (!url.endsWith('.ts')) {
    return next(url, context);
  }
  const text = await readFile(fileURLToPath(url), 'utf8');
  const source = transpileModule(mutated(url, text), { compilerOptions }).outputText;
  return { format: 'module', source, shortCircuit: true };
}

function mutated(url, source) {
  return mutant && url.endsWith(mutant.file)
    ? source.replace(mutant.text, () => mutant.instead)
    : source;
}
