import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { findOnPath } from '../../sample-app/src/programs.js';
import { withoutVitest } from './without-vitest.js';

/** The built program. */
export const CLI = fileURLToPath(new URL('../../dist/esm/cli/bin.js', import.meta.url));

/** What a command has written, and how it ended. */
export interface CliResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The environment of a command: without what decides about colours here. */
const cliEnv = (env: Env): NodeJS.ProcessEnv => ({
  ...withoutVitest(process.env),
  NO_COLOR: undefined,
  FORCE_COLOR: undefined,
  CI: undefined,
  REDIS_URL: undefined,
  ...env,
});

/** A command that runs. */
export class RunningCli {
  stdout = '';
  stderr = '';
  private readonly ended: Promise<unknown[]>;

  constructor(readonly child: ChildProcessByStdio<Writable, Readable, Readable>) {
    this.ended = once(child, 'close');
    child.stdout.on('data', (data) => (this.stdout += String(data)));
    child.stderr.on('data', (data) => (this.stderr += String(data)));
  }

  /** Resolves when it has ended. */
  async end(): Promise<CliResult> {
    const [code] = await this.ended;
    return { stdout: this.stdout, stderr: this.stderr, code: code as number | null };
  }
}

/** Starts a command, whose output is a pipe. */
export const startCli = (args: readonly string[], env: Env = {}): RunningCli =>
  new RunningCli(
    spawn(process.execPath, [CLI, ...args], { env: cliEnv(env), stdio: ['pipe', 'pipe', 'pipe'] }),
  );

/** Runs a command to its end. @param input - what it can read from stdin. */
export function runCommand(args: readonly string[], env: Env = {}, input = ''): Promise<CliResult> {
  const running = startCli(args, env);
  running.child.stdin.end(input);
  return running.end();
}

/** A command as a shell reads it. */
const shellLine = (args: readonly string[]): string =>
  [process.execPath, CLI, ...args]
    .map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`)
    .join(' ');

/** Runs a command to its end in a shell. @param rest - what the shell reads behind the command. */
export const runInShell = (
  args: readonly string[],
  rest: string,
  env: Env = {},
): Promise<CliResult> =>
  new RunningCli(
    spawn('sh', ['-c', `${shellLine(args)} ${rest}`], {
      env: cliEnv(env),
      stdio: ['pipe', 'pipe', 'pipe'],
    }),
  ).end();

/** Whether a pseudo terminal can be made here; it has to with `CI` set. */
export const hasTerminal = findOnPath('script') !== undefined || Boolean(process.env['CI']);

/** Starts a command on a pseudo terminal of 80 columns. What it writes is its `stdout`, stderr included. */
export function startOnTerminal(args: readonly string[], env: Env = {}): RunningCli {
  const command = `stty cols 80; ${shellLine(args)}`;
  return new RunningCli(
    spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      env: cliEnv({ TERM: 'xterm-256color', ...env }),
      stdio: ['pipe', 'pipe', 'pipe'],
    }),
  );
}

/** Runs a command to its end on a pseudo terminal of 80 columns. @returns what the terminal got, stderr included. */
export async function runOnTerminal(
  args: readonly string[],
  env: Env = {},
): Promise<{ readonly output: string; readonly code: number | null }> {
  const { stdout, code } = await startOnTerminal(args, env).end();
  return { output: stdout.replaceAll('\r\n', '\n'), code };
}
