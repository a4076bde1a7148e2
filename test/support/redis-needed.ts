import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Whoever starts a server imports it, at whatever remove. */
const STARTS_SERVERS = join(ROOT, 'sample-app/src/local-redis.ts');

/** They start the sample, which starts a server. */
const START_THE_SAMPLE = ['test/e2e/sample.test.ts', 'test/e2e/sample-web.test.ts'];

/** Whole lines only: tests also have such lines as texts. */
const IMPORT = /^(?:import .*|export .*|\} )from '(\.[^']+)\.js';$/gm;

/** @returns the test files that need a Redis server, those that do not, and how many there are in all. */
export function testsWithRedis(): {
  readonly files: readonly string[];
  readonly others: readonly string[];
  readonly of: number;
} {
  const tests = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && !file.startsWith('package'))
    .map((file) => join(ROOT, 'test', file));
  const reaches = new Map<string, boolean>([[STARTS_SERVERS, true]]);
  const nameOf = (file: string): string => relative(ROOT, file).replaceAll('\\', '/');
  const files = new Set([
    ...tests.filter((file) => reachesServers(file, reaches)).map(nameOf),
    ...START_THE_SAMPLE,
  ]);
  const others = tests.map(nameOf).filter((file) => !files.has(file));
  return { files: [...files], others, of: tests.length };
}

function reachesServers(file: string, known: Map<string, boolean>): boolean {
  const before = known.get(file);
  if (before !== undefined) {
    return before;
  }
  // Until it is known: files may import each other.
  known.set(file, false);
  const imported = readFileSync(file, 'utf8').matchAll(IMPORT);
  const reaches = [...imported].some(([, path]) =>
    reachesServers(join(dirname(file), `${path}.ts`), known),
  );
  known.set(file, reaches);
  return reaches;
}
