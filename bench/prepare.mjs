/** Installs the peers and, from a tarball as its users do, this library; then compiles the benchmark. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bench = fileURLToPath(new URL('.', import.meta.url));
const root = join(bench, '..');
const library = join(bench, 'node_modules', 'nestjs-reqrep');

function run(folder, command, ...args) {
  return execFileSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

run(root, 'npm', 'run', '--silent', 'build');
run(bench, 'npm', 'install', '--no-audit', '--no-fund', '--loglevel=error');
const [{ filename }] = JSON.parse(
  run(root, 'npm', 'pack', '--json', '--silent', '--ignore-scripts'),
);
rmSync(library, { recursive: true, force: true });
mkdirSync(library);
run(root, 'tar', '-xzf', filename, '--strip-components=1', '-C', library);
rmSync(join(root, filename));
run(root, 'npx', '--no-install', 'tsc', '-p', 'bench');
