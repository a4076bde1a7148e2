/** Builds the library for both module systems: `dist/esm`, and `dist/cjs` for a `require` that cannot load ES modules. */
import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import packPage from './dashboard/pack-page.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

await packPage();
execFileSync('npx', ['--no-install', 'nest', 'build', 'nestjs-reqrep', 'nestjs-reqrep-commonjs'], {
  cwd: root,
  stdio: 'inherit',
});
// Without it, the package's own `"type": "module"` would hold for these files, too.
writeFileSync(`${root}/dist/cjs/package.json`, '{ "type": "commonjs" }\n');
// The program of the package's `bin`; npm makes it executable where it installs the package, and a clone has no npm that does.
chmodSync(`${root}/dist/esm/cli/bin.js`, 0o755);
