import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isExecutable } from '../../sample-app/src/programs.js';
import type { BrowserProgram } from './browser-program.js';

const run = promisify(execFile);

/** The newest that all Nodes can unpack which we support. It is not a dependency: it has 65 MB, and most machines have a browser. */
const PACKAGE = '@sparticuz/chromium@143.0.4';

const FOLDER = fileURLToPath(new URL('../../node_modules/.cache/browser', import.meta.url));
const UNPACKED = join(FOLDER, 'unpacked');
const PROGRAM = join(UNPACKED, 'chromium');

const INSTALL_TIMEOUT_MS = 90_000;

/** Has npm install a browser beside the project, once, and unpacks it. @throws Error that says in words why not */
export async function packagedBrowser(): Promise<BrowserProgram> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('there is one for Linux on x64 only');
  }
  if (!isExecutable(PROGRAM)) {
    await mkdir(UNPACKED, { recursive: true });
    await install();
    await unpack();
  }
  return {
    file: PROGRAM,
    // It brings the few libraries that a bare system lacks.
    env: { LD_LIBRARY_PATH: join(UNPACKED, 'al2023', 'lib') },
  };
}

async function install(): Promise<void> {
  const args = ['install', '--prefix', FOLDER, '--no-audit', '--no-fund', '--fetch-retries=0'];
  await run('npm', [...args, PACKAGE], { timeout: INSTALL_TIMEOUT_MS }).catch((error: unknown) => {
    throw new Error(`npm cannot install ${PACKAGE}`, { cause: error });
  });
}

/** It unpacks into the folder for temporary files, and its libraries only where it takes the system for the one that it is made for. */
async function unpack(): Promise<void> {
  const script =
    "import('@sparticuz/chromium').then(({ default: chromium }) => chromium.executablePath())";
  await run(process.execPath, ['-e', script], {
    cwd: FOLDER,
    env: { ...process.env, TMPDIR: UNPACKED, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x' },
  }).catch((error: unknown) => {
    throw new Error(`${PACKAGE} cannot be unpacked`, { cause: error });
  });
}
