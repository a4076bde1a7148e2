/**
 * Runs the e2e tests, and those of `nestjs-reqrep/testing`, on every combination of Nest and ioredis that package.json
 * allows: the newest where it stands, the older one in a copy of the repository with packages of its own. `--older` leaves
 * out the newest, which `npm test` runs as well; `--short` leaves out what neither Nest nor ioredis has a part in.
 * With `REDIS_SERVERS=path,path` it runs the e2e tests on each of these servers instead, with the newest packages.
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tests = ['test/e2e', 'test/interop', 'test/integration/redis'];
const copied = [
  'lib',
  'sample-app',
  'test',
  'nest-cli.json',
  'tsconfig.json',
  'vitest.config.ts',
  'README.md',
  // A test reads the rights that it shows.
  'docs/topologies.md',
];

const older = {
  '@nestjs/common': '^11.0.0',
  '@nestjs/core': '^11.0.0',
  '@nestjs/microservices': '^11.0.0',
  '@nestjs/platform-express': '^11.0.0',
  '@nestjs/platform-fastify': '^11.0.0',
  '@nestjs/terminus': '^11.0.0',
  '@nestjs/testing': '^11.0.0',
  ioredis: '^5.2.5',
};

function run(folder, command, ...args) {
  execFileSync(command, args, { cwd: folder, stdio: 'inherit' });
}

function versionsIn(folder) {
  const version = (name) =>
    JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')).version;
  return `Nest ${version('@nestjs/core')} with ioredis ${version('ioredis')}`;
}

function copyWithOlderPackages() {
  const folder = join(root, '.compat');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const name of copied) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  manifest.devDependencies = { ...manifest.devDependencies, ...older };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, undefined, 2));
  run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--loglevel=error');
  return folder;
}

/** Tests of what is the same whatever Nest and ioredis are: what stands in Redis, what becomes of it, and what takes long. */
const OF_OUR_OWN = [
  'advice',
  'closing',
  'concurrency',
  'core',
  'core-entry',
  'demotion',
  'hostile-callers',
  'hostile-handlers',
  'identities',
  'inheritance',
  'isolation',
  'large-replies',
  'least-rights',
  'limits',
  'long-takes',
  'lost-values',
  'missing-rights',
  'no-memory',
  'original-replies',
  'outage-takeover',
  'poison',
  'printed',
  'quiet-lines',
  'recovery',
  'refused-pushes',
  'refused-takes',
  'replaced-server',
  'request-ends',
  'sample',
  'silence',
  'takeover',
  'unreadable-jobs',
  'worker-log',
];

const { values } = parseArgs({
  options: {
    older: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
  },
});
// The page of the sample is about the sample.
const omitted = ['sample-traces', 'sample-web', ...(values.short ? OF_OUR_OWN : [])];

// An `--exclude` would not reach the projects of the configuration.
process.env.OMITTED_TESTS = omitted.map((name) => `test/e2e/${name}.test.ts`).join();
const vitest = ['npx', '--no-install', 'vitest', 'run'];

/** Runs the e2e tests with this server first on the `PATH`, where the tests look for one. @returns whether they passed. */
function passOn(server) {
  const version = execFileSync(server, ['--version'], { encoding: 'utf8' }).trim();
  console.log(`\n${version}`);
  const folder = mkdtempSync(join(tmpdir(), 'reqrep-server-'));
  symlinkSync(resolve(server), join(folder, 'redis-server'));
  const path = process.env.PATH;
  process.env.PATH = [folder, path].join(delimiter);
  try {
    run(root, ...vitest, '--project', 'servers', ...tests);
    return true;
  } catch {
    return false;
  } finally {
    process.env.PATH = path;
    rmSync(folder, { recursive: true });
  }
}

const servers = (process.env.REDIS_SERVERS ?? '').split(',').filter((path) => path !== '');
if (servers.length > 0) {
  const failed = servers.filter((server) => !passOn(server));
  console.log(
    failed.length > 0
      ? `\nTests failed on ${failed.join(', ')}`
      : `\nAll passed on ${servers.join(', ')}`,
  );
  process.exit(failed.length > 0 ? 1 : 0);
}

for (const folder of [...(values.older ? [] : [root]), copyWithOlderPackages()]) {
  console.log(`\n${versionsIn(folder)}`);
  run(folder, ...vitest, '--project', 'servers', ...tests);
  run(folder, ...vitest, '--project', 'memory', 'test/memory');
}
// Behind the tests, which build the library.
run(root, 'node', 'test/compat/otel-sdk-3.mjs');
