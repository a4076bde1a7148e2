import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Whoever starts a server imports it, at whatever remove. */
const STARTS_SERVERS = 'sample-app/src/local-redis.ts';

/** Whoever has a server of either kind imports it. */
const HAS_EITHER_SERVER = 'test/support/server.ts';

/** They start the sample, which starts a server. */
const START_THE_SAMPLE = ['sample', 'sample-traces', 'sample-web'].map(
  (name) => `test/e2e/${name}.test.ts`,
);

/** Whole lines only: tests also have such lines as texts. */
const IMPORT = /^(?:import .*|export .*|\} )from '(\.[^']+)\.js';$/gm;

/** @returns the test files that need a Redis server, those that do not, and how many there are in all. */
export function testsWithRedis(): {
  readonly files: readonly string[];
  readonly others: readonly string[];
  readonly of: number;
} {
  const tests = testFiles();
  const files = new Set([...testsThatReach(STARTS_SERVERS), ...START_THE_SAMPLE]);
  return {
    files: [...files],
    others: tests.filter((file) => !files.has(file)),
    of: tests.length,
  };
}

/** @returns the test files that hold for every driver, and so need no Redis server where they have one in memory. */
export const testsOnEveryDriver = (): readonly string[] => testsThatReach(HAS_EITHER_SERVER);

const testFiles = (): string[] =>
  readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && !file.startsWith('package'))
    .map((file) => relative(ROOT, join(ROOT, 'test', file)).replaceAll('\\', '/'));

function testsThatReach(target: string): string[] {
  const known = new Map([[join(ROOT, target), true]]);
  return testFiles().filter((file) => reaches(join(ROOT, file), known));
}

function reaches(file: string, known: Map<string, boolean>): boolean {
  const before = known.get(file);
  if (before !== undefined) {
    return before;
  }
  // Until it is known: files may import each other.
  known.set(file, false);
  const imported = readFileSync(file, 'utf8').matchAll(IMPORT);
  const found = [...imported].some(([, path]) => reaches(join(dirname(file), `${path}.ts`), known));
  known.set(file, found);
  return found;
}
