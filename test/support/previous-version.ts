import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * The last commit whose workers know neither the registry of queues nor pauses, write their dead letters into a list, and tell of
 * themselves nothing but host, process and start.
 */
const COMMIT = 'eba008b4da2376790f70a4c5c22690424fc21936';

/** The compiled processes of the tests. */
const PROCESSES = fileURLToPath(new URL('../.build', import.meta.url));

/** Builds are kept within the repository, so that they find its packages. */
const BUILDS = join(PROCESSES, 'previous-version');

/**
 * Builds the library as it was at {@link COMMIT}, once for all runs, and copies one of `test/processes` beside it, which then uses it.
 * @returns the file of the process; `undefined` where git does not have the commit, which is said in a line.
 * @throws Error in words where git does not have the commit although `CI` is set.
 */
export async function processOfPreviousVersion(name: string): Promise<string | undefined> {
  const folder = join(BUILDS, COMMIT);
  if (!existsSync(folder)) {
    const repository = await repositoryWithCommit();
    if (repository === undefined) {
      skip();
      return undefined;
    }
    await build(repository, folder);
  }
  const file = join(folder, `${name}.js`);
  await cp(join(PROCESSES, `${name}.js`), file);
  return file;
}

/** @throws Error where `CI` insists on all tests. */
function skip(): void {
  const reason = `git has no commit ${COMMIT.slice(0, 7)} here, which a shallow clone leaves out (git fetch --unshallow)`;
  if (process.env['CI']) {
    throw new Error(
      `With CI set, the tests with workers of the previous version have to run, but ${reason}`,
    );
  }
  process.stderr.write(`Skipped the tests with workers of the previous version: ${reason}\n`);
}

async function repositoryWithCommit(): Promise<string | undefined> {
  const git = (...args: string[]) => run('git', args, { cwd: PROCESSES });
  try {
    await git('cat-file', '-e', `${COMMIT}^{commit}`);
    return (await git('rev-parse', '--show-toplevel')).stdout.trim();
  } catch {
    return undefined;
  }
}

async function build(repository: string, folder: string): Promise<void> {
  const parts = `${folder}-${process.pid}`;
  const sources = join(parts, 'sources');
  await mkdir(sources, { recursive: true });
  try {
    const archive = join(parts, 'sources.tar');
    const paths = ['lib', 'package.json', 'tsconfig.json'];
    await run('git', ['-C', repository, 'archive', `--output=${archive}`, COMMIT, ...paths]);
    await run('tar', ['-xf', archive, '-C', sources]);
    // It was checked when it was committed, against the packages of that time.
    const options = ['--noCheck', '--declaration', 'false', '--outDir', 'dist/esm'];
    await run('npx', ['--no-install', 'tsc', '-p', 'lib', ...options], { cwd: sources });
    await rm(join(sources, 'lib'), { recursive: true });
    await rename(sources, folder).catch((error: unknown) => {
      // Another run has built it meanwhile.
      if (!existsSync(folder)) {
        throw error;
      }
    });
  } finally {
    await rm(parts, { recursive: true });
  }
}
