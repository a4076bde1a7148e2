import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../sample-app/dist/web/main.js', import.meta.url));

/** Starts the page of the sample, as `npm start -- ARGS` does, with a Redis of its own. */
export function startSampleServer(
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): ChildProcessByStdio<null, Readable, Readable> {
  const { REDIS_URL: _redis, ...inherited } = process.env;
  return spawn(process.execPath, [MAIN, ...args], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
