import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findOnPath, isExecutable } from './programs.js';

const FOLDER = fileURLToPath(new URL('../../node_modules/.cache/redis', import.meta.url));
const PROGRAM = join(FOLDER, 'stable', 'redis-server');
const SOURCE = 'https://download.redis.io';

const PROBE_TIMEOUT_MS = 5_000;
const COMPILE_TIMEOUT_MS = 600_000;

/** Fetches the source of a Redis server and compiles it, once: the program is kept. @throws Error that says what is missing */
export async function fetchedRedis(): Promise<string> {
  if (isExecutable(PROGRAM)) {
    return PROGRAM;
  }
  if (!findOnPath('make') || !findOnPath('cc', 'gcc', 'clang')) {
    throw new Error('compiling one needs make and a C compiler, which are not on the PATH');
  }
  await probe();
  console.log('No redis-server on the PATH: fetching and compiling one, which takes some minutes.');
  // In a process of its own, which can time out, and whose output is not shown.
  await promisify(execFile)(
    process.execPath,
    ['-e', "require('redis-memory-server').RedisBinary.getPath()"],
    {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      env: { ...process.env, REDISMS_DOWNLOAD_DIR: FOLDER, npm_config_strict_ssl: 'true' },
      timeout: COMPILE_TIMEOUT_MS,
    },
  ).catch((error: unknown) => {
    throw new Error('the fetched source did not compile', { cause: error });
  });
  return PROGRAM;
}

/** Checks within seconds that the network works. Behind a proxy, only the download itself can show it. */
async function probe(): Promise<void> {
  const { https_proxy, HTTPS_PROXY, http_proxy, HTTP_PROXY } = process.env;
  if (https_proxy || HTTPS_PROXY || http_proxy || HTTP_PROXY) {
    return;
  }
  await fetch(SOURCE, { method: 'HEAD', signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) }).catch(
    (error: unknown) => {
      throw new Error(`${SOURCE} cannot be reached`, { cause: error });
    },
  );
}
