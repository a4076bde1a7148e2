import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';

type Env = Readonly<Record<string, string>>;

const running = new Set<ChildProcess>();

afterEach(async () => {
  await Promise.all([...running].map(stopProcess));
});

/**
 * Starts one of `test/processes`; it is stopped behind the test. Resolves once it says that it is ready.
 * @param name - with the ending `.cjs` where it is CommonJS.
 */
export async function startProcess(name: string, env: Env): Promise<ChildProcess> {
  const path = name.includes('.') ? name : `${name}.js`;
  return startFile(fileURLToPath(new URL(`../.build/${path}`, import.meta.url)), env);
}

/** Starts a file as {@link startProcess} does. */
export async function startFile(file: string, env: Env): Promise<ChildProcess> {
  const child = fork(file, { env: { ...process.env, ...env } });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const [message] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  if (message !== 'ready') {
    throw new Error(`${file} ended before it was ready: ${String(message)}`);
  }
  return child;
}

export async function stopProcess(child: ChildProcess): Promise<void> {
  if (!hasEnded(child)) {
    child.kill('SIGCONT');
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

export const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;
