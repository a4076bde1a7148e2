/** Lets Node load TypeScript, with the bug of a mutant: this starts and runs far faster than a test runner. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import typescript from 'typescript';

const { transpileModule, ModuleKind, ScriptTarget } = typescript;
const compilerOptions = { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 };

let mutant;

/** @param data - the mutant, if there is one. */
export function initialize(data) {
  mutant = data;
}

/** Resolves imports among sources, which name the compiled file. */
export async function resolve(specifier, context, next) {
  const isSource = /^\.{1,2}\/.*\.js$/.test(specifier) && context.parentURL?.endsWith('.ts');
  return next(isSource ? specifier.replace(/\.js$/, '.ts') : specifier, context);
}

/** Compiles one source, without checking its types. */
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
